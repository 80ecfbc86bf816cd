import { createBroken, openDeadLetters as openList, send } from "../../pages/events";
import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("an event that died is found by its error, edited, replayed, and its story is told", async ({ page }) => {
  const name = uniqueName("frail");
  await createBroken(page, name);
  await send(page, name, `${name}-1`, { order: 1 });
  await send(page, name, `${name}-2`, { order: 2 });
  await openList(page, name, 2);
  const group = page.locator("#groups tbody tr");
  await expect(group).toHaveCount(1);
  await expect(group).toContainText("order # is unknown");
  await expect(page.locator("#nav-deadletters .count")).toBeVisible();

  await page.getByRole("link", { name: new RegExp(`${name}-1`) }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(`${name}-1`);
  await expect(page.getByRole("main")).toContainText("order 1 is unknown");
  await expect(page.getByRole("table", { name: "Every try" })).toContainText("500");

  await page.getByRole("link", { name: "Edit and replay" }).click();
  await page.getByLabel("Data", { exact: true }).fill("not json");
  await page.getByRole("button", { name: "Show what differs" }).click();
  await expect(page.locator("#errors")).toContainText("not JSON");
  await page.getByLabel("Data", { exact: true }).fill('{\n  "mend": true\n}');
  await page.getByRole("button", { name: "Show what differs" }).click();
  await expect(page.locator("#difference ins")).toContainText("mend");
  await page.getByRole("button", { name: "Replay with this data" }).click();
  await page.waitForURL(/events\?correlation=/);
  await expect(async () => {
    await page.reload();
    await expect(page.locator("#events tbody tr a", { hasText: /^Answer/ })).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  await openList(page, name, 1);
});

test("all that match are planned, replayed as a job, and marked when they die again", async ({ page }) => {
  const name = uniqueName("again");
  await createBroken(page, name);
  for (const n of [1, 2, 3]) await send(page, name, `${name}-${n}`, { order: n });
  await openList(page, name, 3);
  await page.getByRole("link", { name: "Replay all that match" }).click();
  await expect(page.locator("#plan-count")).toHaveText("3");
  await expect(page.getByRole("table", { name: "Where the events would go" })).toContainText(name);
  await page.getByLabel("Events a second at most").fill("50");
  await page.getByRole("button", { name: "Begin the replay" }).click();
  await page.waitForURL(/deadletters\/replays\//);
  await expect(page.locator("#died-again")).toHaveText("3", { timeout: 30_000 });
  await openList(page, name, 3);
  await expect(page.locator("#letters tbody tr").first()).toContainText("dead again, replayed 1 time");
});

test("all of the page and all that match are two steps", async ({ page }) => {
  const name = uniqueName("steps");
  await createBroken(page, name);
  for (const n of [1, 2, 3]) await send(page, name, `${name}-${n}`, { order: n });
  await openList(page, name, 3);
  await expect(page.getByText("3 match the filters, 3 of them on this page.")).toBeVisible();
  const all = page.getByRole("checkbox", { name: "Choose all on this page" });
  await all.check();
  await expect(page.getByText("All 3 on this page are chosen.")).toBeVisible();
  await page.getByRole("checkbox", { name: `Choose ${name}-2` }).uncheck();
  await expect(page.getByText("2 chosen.")).toBeVisible();
  await expect(all).not.toBeChecked();
  await page.getByRole("button", { name: "Replay the chosen" }).click();
  await expect(page.locator("#plan-count")).toHaveText("2");
});

test("discarding asks for the number", async ({ page }) => {
  const name = uniqueName("gone");
  await createBroken(page, name);
  for (const n of [1, 2]) await send(page, name, `${name}-${n}`, { order: n });
  await openList(page, name, 2);
  await page.getByRole("button", { name: "Discard the chosen" }).click();
  await expect(page.getByRole("heading", { name: "Nothing chosen" })).toBeVisible();
  await page.goBack();
  await page.locator("#letters tbody").getByRole("checkbox").first().check();
  await page.getByRole("button", { name: "Discard the chosen" }).click();
  await expect(page.locator("#plan-count")).toHaveText("1");
  await page.getByLabel("Type how many they are").fill("2");
  await page.getByRole("button", { name: "Discard", exact: true }).click();
  await expect(page.locator("#errors")).toContainText("There are 1 of them");
  await page.getByLabel("Type how many they are").fill("1");
  await page.getByRole("button", { name: "Discard", exact: true }).click();
  await expect(page.getByRole("status").filter({ hasText: "1 discarded." })).toBeVisible();
  await openList(page, name, 1);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("one dead letter is read and replayed", async ({ page }) => {
    const name = uniqueName("still");
    await createBroken(page, name);
    await send(page, name, `${name}-1`, { order: 1 });
    await openList(page, name, 1);
    await page.getByRole("link", { name: new RegExp(`${name}-1`) }).click();
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.waitForURL(/events\?correlation=/);
    await openList(page, name, 1);
    await expect(page.locator("#letters tbody tr")).toContainText("dead again");
  });
});
