import AxeBuilder from "@axe-core/playwright";
import { createBroken, openDeadLetters, send } from "../../pages/events";
import { TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];
const name = uniqueName("axedead");
const pages: [string, string][] = [];

test.beforeAll(async ({ browser }) => {
  const page = await browser.newPage({ baseURL: process.env.KL_E2E_URL, storageState: "test-results/signed-in.json" });
  await createBroken(page, name);
  for (const n of [1, 2]) await send(page, name, `${name}-a-rather-long-id-${n}`, { order: n });
  await openDeadLetters(page, name, 2);
  const letter = await page.locator("#letters tbody tr a").first().getAttribute("href");
  await page.goto(`/t/${TENANT}/deadletters/replay?function=${name}`);
  await page.getByRole("button", { name: "Begin the replay" }).click();
  await page.waitForURL(/deadletters\/replays\//);
  const job = new URL(page.url()).pathname;
  await expect(page.locator("#died-again")).toHaveText("2", { timeout: 30_000 });
  await openDeadLetters(page, name, 2);
  const again = await page.locator("#letters tbody tr a").first().getAttribute("href");
  await page.goto(`/t/${TENANT}/events?q=${name}-a-rather-long-id&type=invoke.async`);
  const event = await page.locator("#events tbody tr a").first().getAttribute("href");
  expect(letter).not.toBe(again);
  pages.push(
    ["list", `/t/${TENANT}/deadletters?function=${name}`],
    ["one", again ?? ""],
    ["edit", `${again}/edit`],
    ["plan", `/t/${TENANT}/deadletters/replay?function=${name}`],
    ["nothing chosen", `/t/${TENANT}/deadletters/replay?chosen=only`],
    ["job", job],
    ["discard", `/t/${TENANT}/deadletters/discard?function=${name}`],
    ["an event's life", event ?? ""],
  );
  await page.close();
});

for (const scheme of ["light", "dark"] as const) {
  for (const width of [320, 768, 1280]) {
    test(`no page about dead letters has a violation, ${scheme}, ${width} px`, async ({ page }) => {
      test.setTimeout(180_000);
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      for (const [label, path] of pages) {
        await page.goto(path);
        await expect(page.locator("html[data-hydrated]")).toBeAttached();
        const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
        const told = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" | ")}`);
        expect.soft(told, label).toEqual([]);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect.soft(sideways, `${label} scrolls sideways`).toBeLessThanOrEqual(0);
      }
    });
  }
}
