import { check, inEveryLook } from "../../pages/axe";
import { Functions, signedIn, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

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
  const page = await signedIn(browser);
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

inEveryLook("no page has a violation", async (page) => {
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
