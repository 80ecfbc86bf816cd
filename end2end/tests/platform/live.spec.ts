import type { Browser, Page } from "@playwright/test";
import { Functions, ofPage, signedIn, TENANT, uniqueName } from "../../pages/functions";
import { createBroken, openDeadLetters, send } from "../../pages/events";
import { look } from "../../pages/tabs";
import { expect, test } from "../../pages/test";

/** Someone else creates a function meanwhile. */
async function elsewhere(browser: Browser, name: string) {
  const page = await signedIn(browser);
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
  await expect(page.locator("[data-chosen]")).toHaveText("1 chosen.");
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
  await expect(page.locator("[data-chosen]")).toHaveText("All 1 on this page are chosen.");
  await expect(page.getByRole("checkbox", { name: "Choose all on this page" })).toBeChecked();
});

test("a page was not looked at again as long as something happened all the time", async ({ page }) => {
  await page.goto(`/t/${TENANT}/events`);
  await expect(live(page)).toContainText("Live");
  const headers = { ...(await ofPage(page)), "content-type": "application/cloudevents+json" };
  let number = 0;
  const publish = () => {
    const data = JSON.stringify({ specversion: "1.0", source: "shop", type: "com.example.tick", id: uniqueName(`tick-${number++}`) });
    // Without waiting for the answer; those that are on their way at the end go with the page.
    void page.request.post(`/api/v1/tenants/${TENANT}/events`, { data, headers }).catch(() => undefined);
  };
  const busy = setInterval(publish, 100);
  try {
    await expect(page.locator("#events-chip")).toContainText(/new event/);
  } finally {
    clearInterval(busy);
  }
});

test("the seventh tab of the dashboard hung, since the others held all connections of the browser", async ({ page, functions, context }) => {
  test.setTimeout(120_000);
  const name = uniqueName("tabs");
  await functions.create(name, { code: "def handler(event, context):\n    print('said', event['word'])\n    return 1\n" });
  await functions.waitUntilReady();
  const tabs: Page[] = [];
  for (let tab = 0; tab < 7; tab++) {
    const next = await context.newPage();
    await next.goto(`/t/${TENANT}/functions/${name}/logs`);
    await expect(live(next)).toContainText("Live");
    await look(next, "away");
    tabs.push(next);
  }
  // What happens meanwhile is there when the tab is looked at again, and once.
  await functions.open(name, "test");
  await functions.write("body", '{"word": "meanwhile"}');
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#answer")).toContainText("200");
  const first = tabs[0]!;
  const line = first.locator(".log-line", { hasText: "said meanwhile" });
  await expect(line).toHaveCount(0);
  await look(first, "back");
  await expect(live(first)).toContainText("Live");
  await expect(line).toHaveCount(1);
  await expect(first.locator(".log-state")).toContainText("Streaming");
  for (const tab of tabs) await tab.close();
});

test("the pages of a function that someone deleted tried for ever", async ({ page, functions }) => {
  const name = uniqueName("deleted");
  await functions.create(name);
  await functions.waitUntilReady();
  await expect(live(page)).toContainText("Live");
  const gone = await page.request.delete(`/api/v1/tenants/${TENANT}/functions/${name}`, { headers: await ofPage(page) });
  expect(gone.ok(), await gone.text()).toBe(true);
  await expect(live(page)).toContainText("Gone", { timeout: 45_000 });
  await expect(page.getByRole("alert")).toContainText("This is gone.");
  await page.getByRole("link", { name: "Go to the list" }).click();
  await page.waitForURL(`**/t/${TENANT}/functions`);
});

test("a page of a tenant that one was taken out of tried for ever", async ({ page }) => {
  await page.goto(`/t/${TENANT}/functions`);
  await expect(live(page)).toContainText("Live");
  await page.route("**/functions", (route) =>
    route.request().resourceType() === "fetch" ? route.fulfill({ status: 403 }) : route.continue());
  await elsewhere(page.context().browser()!, uniqueName("unseen"));
  await expect(live(page)).toContainText("No access");
  await expect(page.getByRole("alert")).toContainText("You may not see this any more.");
});

test("the page of all tenants stood still", async ({ page, browser }) => {
  await page.goto(`/admin?q=${TENANT}`);
  await expect(live(page)).toContainText("Live");
  const cell = page.locator(`#tenant-${TENANT} details summary`);
  const before = Number(await cell.textContent());
  await cell.click();
  await elsewhere(browser, uniqueName("counted"));
  await expect.poll(async () => Number(await cell.textContent())).toBeGreaterThan(before);
  // What was opened stays open.
  await expect(page.locator(`#tenant-${TENANT} details`)).toHaveAttribute("open");
});
