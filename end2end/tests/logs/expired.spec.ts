import { expect, test } from "@playwright/test";
import { inDatabase } from "../../pages/database";
import { Functions } from "../../pages/functions";
import { startPlatform } from "../../server";

test("a log whose lines are gone says since when, with and without JavaScript", async ({ page, browser }) => {
  test.setTimeout(180_000);
  const platform = await startPlatform();
  try {
    await page.goto(platform.signInLink);
    await page.waitForURL("**/functions");
    await page.goto(`${platform.url}/t/default/new`);
    await page.getByLabel("Name", { exact: true }).fill("old");
    await page.getByRole("button", { name: "Create and build" }).click();
    await new Functions(page).waitUntilReady();
    await page.goto(`${platform.url}/t/default/functions/old/builds`);
    await page.getByRole("main").locator("tbody a").first().click();
    await expect(page.locator(".log-state")).toContainText("Ended");
    const build = page.url();
    // It ended long ago, and the retention came by.
    inDatabase(
      platform,
      "DELETE FROM log_lines WHERE log IN (SELECT log FROM logs WHERE kind = 'build')",
      "UPDATE logs SET state = 'expired', first = last + 1, bytes = 0, updated_at = 1 WHERE kind = 'build'",
      "UPDATE builds SET build = json_set(build, '$.finishedAt', '2026-01-02T03:04:05.000Z')",
    );
    await page.reload();
    await expect(page.locator(".log-state")).toContainText("This log expired on 2026-02-01: its lines were removed");

    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
    const without = await plain.newPage();
    await without.goto(build);
    await expect(without.getByRole("main")).toContainText("This log expired on 2026-02-01: its lines were removed.");
    await plain.close();
  } finally {
    await platform.stop();
  }
});
