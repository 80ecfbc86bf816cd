import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];
const name = uniqueName("axe");
const pages: [string, string][] = [
  ["list", `/t/${TENANT}/functions`],
  ["list without a match", `/t/${TENANT}/functions?q=nothing-has-this-name`],
  ["create", `/t/${TENANT}/new`],
  ["overview", `/t/${TENANT}/functions/${name}`],
  ["code", `/t/${TENANT}/functions/${name}/code`],
  ["builds", `/t/${TENANT}/functions/${name}/builds`],
  ["test", `/t/${TENANT}/functions/${name}/test`],
  ["triggers", `/t/${TENANT}/functions/${name}/triggers`],
  ["events", `/t/${TENANT}/functions/${name}/events`],
  ["logs", `/t/${TENANT}/functions/${name}/logs`],
  ["settings", `/t/${TENANT}/functions/${name}/settings`],
  ["yaml", `/t/${TENANT}/functions/${name}/yaml`],
  ["delete", `/t/${TENANT}/functions/${name}/delete`],
  ["timeline", `/t/${TENANT}/events`],
  ["event types", `/t/${TENANT}/events/types`],
  ["event type", `/t/${TENANT}/events/types/lifecycle.status.updated`],
  ["dead letters", `/t/${TENANT}/deadletters`],
  ["members", `/t/${TENANT}/members`],
  ["audit", `/t/${TENANT}/audit`],
  ["preferences", `/t/${TENANT}/preferences`],
  ["all tenants", "/admin"],
  ["audit of all", "/admin/audit"],
  ["not found", `/t/${TENANT}/functions/not-here`],
];

test.beforeAll(async ({ browser }) => {
  const page = await browser.newPage({ baseURL: process.env.KL_E2E_URL, storageState: "test-results/signed-in.json" });
  const { Functions } = await import("../../pages/functions");
  const functions = new Functions(page);
  await functions.create(name);
  await functions.waitUntilReady();
  for (const [label, tab] of [["build", "builds"], ["event", "events"]]) {
    await functions.open(name, tab);
    const link = page.locator("main tbody tr a").first();
    await expect(link).toBeVisible();
    pages.push([label, (await link.getAttribute("href")) ?? ""]);
  }
  await page.close();
});

async function check(page: Page, label: string) {
  // What the page is before its scripts ran is not what people get.
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  const told = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" | ")}`);
  expect.soft(told, label).toEqual([]);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect.soft(sideways, `${label} scrolls sideways`).toBeLessThanOrEqual(0);
}

for (const scheme of ["light", "dark"] as const) {
  for (const width of [320, 768, 1280]) {
    test(`no page has a violation, ${scheme}, ${width} px`, async ({ page }) => {
      test.setTimeout(180_000);
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      for (const [label, path] of pages) {
        await page.goto(path);
        await check(page, label);
      }
      await page.goto(`/t/${TENANT}/functions/${name}/settings`);
      await page.getByLabel("Most instances").fill("");
      await page.getByLabel("New secret variable").fill("1 WRONG");
      await page.locator("#settings-form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await expect(page.locator("#errors")).toBeVisible();
      await check(page, "a form with errors");
      for (const kind of ["Git repository", "Bucket"]) {
        await page.goto(`/t/${TENANT}/new`);
        await page.getByRole("radio", { name: kind }).check({ force: true });
        await check(page, `create from ${kind}`);
      }
    });
  }
}
