import type { Browser, Page } from "@playwright/test";
import { Functions, TENANT, uniqueName } from "../../pages/functions";
import { createBroken, openDeadLetters, send } from "../../pages/events";
import { expect, test } from "../../pages/test";

/** Someone else creates a function meanwhile. */
async function elsewhere(browser: Browser, name: string) {
  const page = await browser.newPage({ baseURL: process.env.KL_E2E_URL, storageState: "test-results/signed-in.json" });
  await new Functions(page).create(name);
  await page.close();
}

const live = (page: Page) => page.locator(".live");

test("a page that did not come was forgotten, and the old one said that it is live", async ({ page, functions, browser }) => {
  await functions.openList();
  await expect(live(page)).toContainText("Live");
  let refused = 0;
  await page.route("**/functions", (route) =>
    route.request().resourceType() === "fetch" && refused++ < 2 ? route.fulfill({ status: 503 }) : route.continue());
  const name = uniqueName("missed");
  await elsewhere(browser, name);
  await expect.poll(() => refused).toBeGreaterThan(0);
  await expect(page.locator(`#function-${name}`)).toBeVisible({ timeout: 45_000 });
  await expect(live(page)).toContainText("Live");
});

test("a page went on saying that it is live after its session was over", async ({ page, functions, browser }) => {
  await functions.openList();
  await expect(live(page)).toContainText("Live");
  await page.context().clearCookies();
  await elsewhere(browser, uniqueName("unseen"));
  await expect(live(page)).toContainText("Signed out");
  await page.getByRole("link", { name: "Sign in again" }).click();
  await expect(page).toHaveURL(/signed-out/);
});

test("after one refused stream a page asked for itself for ever", async ({ page, functions }) => {
  let refused = 0;
  await page.route("**/live?*", (route) => (refused++ ? route.continue() : route.fulfill({ status: 503 })));
  await functions.openList();
  await expect(live(page)).toContainText("Every 10 s");
  await live(page).click();
  await expect(live(page)).toContainText("Paused");
  await live(page).click();
  await expect(live(page)).toContainText("Live", { timeout: 30_000 });
});

test("the stream of a log said for ever that it reconnects after the session was over", async ({ page, functions }) => {
  const name = uniqueName("overlog");
  await functions.create(name);
  await functions.waitUntilReady();
  await page.route("**/log/stream*", (route) => route.fulfill({ status: 503 }));
  await functions.open(name, "logs");
  await expect(page.locator(".log-state")).toContainText("Reconnecting");
  await page.context().clearCookies();
  await expect(page.locator(".log-state")).toContainText("Signed out");
  await expect(page.getByRole("link", { name: "Sign in again" })).toBeVisible();
});

test("rows that are gone stayed, and what was ticked was lost with them", async ({ page, context }) => {
  const name = uniqueName("vanish");
  await createBroken(page, name);
  for (const n of [1, 2]) await send(page, name, `${name}-${n}`, { order: n });
  await openDeadLetters(page, name, 2);
  await expect(live(page)).toContainText("Live");
  await page.getByRole("checkbox", { name: `Choose ${name}-1` }).check();
  const other = await context.newPage();
  await other.goto(`/t/${TENANT}/deadletters?function=${name}`);
  await other.getByRole("checkbox", { name: `Choose ${name}-2` }).check();
  await other.getByRole("button", { name: "Discard the chosen" }).click();
  await other.getByLabel("Type how many they are").fill("1");
  await other.getByRole("button", { name: "Discard", exact: true }).click();
  await expect(other.getByRole("status").filter({ hasText: "1 discarded." })).toBeVisible();
  await other.close();
  await expect(page.locator("#letters tbody tr")).toHaveCount(1);
  await expect(page.getByRole("checkbox", { name: `Choose ${name}-1` })).toBeChecked();
});
