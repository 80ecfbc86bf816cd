import { expect, test, type Page } from "@playwright/test";
import { check as checkShown } from "../../pages/axe";
import { inDatabase } from "../../pages/database";
import { startPlatform, type Platform } from "../../server";

async function check(page: Page, url: string, heading: string | RegExp, status = 200) {
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [320, 768, 1280]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      const answer = await page.goto(url);
      expect(answer?.status(), url).toBe(status);
      await expect(page.getByRole("heading", { name: heading }).first()).toBeVisible();
      await checkShown(page, `${url}, ${scheme}, ${width} px`);
    }
  }
}

let platform: Platform;

test.beforeAll(async () => {
  platform = await startPlatform();
});
test.afterAll(() => platform.stop());

test("a tenant with nothing in it, and pages that are not there or can not be shown, have no violation", async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto(platform.signInLink);
  await page.waitForURL("**/functions");
  const at = (path: string) => `${platform.url}/t/default${path}`;
  await check(page, at("/functions"), "No functions yet");
  await check(page, at("/deadletters"), /No dead letters/i);
  await check(page, at("/audit?object=nothing"), "No act matches");
  await check(page, `${platform.url}/admin?q=nothing-has-this-name`, "No tenant matches");
  await check(page, `${platform.url}/nowhere/at/all`, /./, 404);
  await check(page, at("/functions/not-here"), /./, 404);
  // What the store can not answer.
  inDatabase(platform, "ALTER TABLE events RENAME TO events_elsewhere");
  await page.goto(at("/events"));
  const status = (await page.request.get(at("/events"))).status();
  expect(status).toBeGreaterThanOrEqual(500);
  await check(page, at("/events"), /./, status);
});
