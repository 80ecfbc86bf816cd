import { expect, test, type Page } from "@playwright/test";
import { startPlatform, type Platform } from "../../server";
import { Functions } from "../../pages/functions";

/** Signs in and sends the form of a new function. */
async function createOn(platform: Platform, page: Page, name: string) {
  await page.goto(platform.signInLink);
  await page.waitForURL("**/functions");
  await page.goto(`${platform.url}/t/default/new`);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create and build" }).click();
  await page.waitForURL(`**/functions/${name}**`);
}

test("kill -9 of the server loses nothing: the page reconnects and the function answers again", async ({ page }) => {
  test.setTimeout(120_000);
  const platform = await startPlatform();
  const functions = new Functions(page);
  try {
    await createOn(platform, page, "survivor");
    await functions.waitUntilReady();
    await expect(page.locator(".live")).toContainText("Live");

    await platform.kill();
    await expect(page.locator(".live")).toContainText(/Reconnecting|Every/);
    await platform.startAgain();
    await expect(page.locator(".live")).toContainText("Live", { timeout: 30_000 });

    await page.goto(`${platform.url}/t/default/functions/survivor/test`);
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.locator("#answer")).toContainText("200");
    await page.goto(`${platform.url}/t/default/functions/survivor/events`);
    await expect(page.getByRole("link", { name: "Build completed" }).first()).toBeVisible();
  } finally {
    await platform.stop();
  }
});

test("kill -9 during a build: after the restart the build goes on and the function gets ready", async ({ page }) => {
  test.setTimeout(120_000);
  const platform = await startPlatform();
  const functions = new Functions(page);
  try {
    await createOn(platform, page, "halfway");
    await platform.kill();
    await platform.startAgain();
    await page.goto(`${platform.url}/t/default/functions/halfway`);
    // A Job waits ten seconds before it replaces a Pod.
    await expect(functions.phase()).toContainText("Ready", { timeout: 60_000 });
  } finally {
    await platform.stop();
  }
});
