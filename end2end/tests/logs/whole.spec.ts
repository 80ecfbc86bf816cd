import type { Page } from "@playwright/test";
import { Functions, signedIn, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const name = uniqueName("whole");
// The only error is far above what a page loads at first.
const CODE = `def handler(event, context):
    print("the first line")
    context.logger.error("the early error")
    for number in range(5000):
        print(f"line {number} of many")
    return "done"
`;
let correlation = "";

const row = (page: Page, text: string) => page.locator(".log-line", { hasText: text });

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  const functions = new Functions(page);
  await functions.create(name, { code: CODE });
  await functions.waitUntilReady();
  await functions.call(name);
  const link = await page.locator("#answer a[href*='correlation=']").first().getAttribute("href");
  correlation = new URL(link ?? "", page.url()).searchParams.get("correlation") ?? "";
  expect(correlation).not.toBe("");
  // Its last lines come a moment after the answer.
  await functions.open(name, "logs");
  await expect(row(page, "line 4999 of many")).toBeVisible({ timeout: 45_000 });
  await page.close();
});

test("a level saw only the lines that were loaded, and said that there are no others", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await expect(row(page, "line 4999 of many")).toBeVisible();
  await expect(page.locator("option[value=error]")).toHaveText("Errors (1)");
  await page.getByLabel("Least level").selectOption("error");
  await expect(row(page, "the early error")).toBeVisible();
  await expect(page.locator(".log-notice-text")).toHaveText(/^5\d\d\d lines are hidden by the level\.$/);
  await expect(page.locator("option[value=error]")).toHaveText("Errors (1)");
  await page.goto(`/t/${TENANT}/functions/${name}/logs?level=error`);
  await expect(row(page, "the early error")).toBeVisible();
});

test("the log of one call was cut at a thousand lines", async ({ page }) => {
  await page.goto(`/t/${TENANT}/functions/${name}/logs?correlation=${correlation}`);
  await expect(page.locator(".log-limits")).toContainText("the newest 1000 lines of this call, more above");
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("the first line");
  await expect(page.locator(".log-found")).toContainText("1 of 1");
  await expect(row(page, "the first line")).toBeVisible();
  await expect(page.locator(".log-limits")).toContainText(/5\d\d\d lines of this call/);
});

test("a search that still loads, or that is no expression, said that no line matches", async ({ page, functions }) => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  await page.route("**/fn/logs/read", async (route) => {
    if (route.request().postData()?.includes("before")) await gate;
    await route.continue();
  });
  await functions.open(name, "logs");
  await expect(row(page, "line 4999 of many")).toBeVisible();
  const found = page.locator(".log-found");
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("the early error");
  await expect(found).toHaveText("Searching…");
  go();
  await expect(found).toHaveText("1 of 1");
  await page.getByRole("button", { name: "Regular expression" }).click();
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("[");
  await expect(found).toHaveText("This is no expression");
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("[0-9]+ of nothing");
  await expect(found).toHaveText("No lines match");
});

test("the first error that was marked was that of the newest lines", async ({ page, functions }) => {
  // The platform's answers as they are, of a log that has ended.
  await page.route("**/fn/logs/read", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), state: "ended" } });
  });
  await functions.open(name, "logs");
  await expect(page.locator(".log-line.error.current")).toContainText("the early error");
  await expect(page.locator(".log-line.error.current")).toBeInViewport();
});

test("what is kept of a function's log is said", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await expect(page.getByRole("main")).toContainText("The newest 100,000 lines are kept, at most 50 MiB of them.");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("only the newest lines could be read", async ({ page }) => {
    await page.goto(`/t/${TENANT}/functions/${name}/logs`);
    await expect(page.getByRole("main")).toContainText("line 4999 of many");
    await expect(page.getByRole("main")).not.toContainText("the early error");
    await page.getByRole("link", { name: "Whole log as text" }).click();
    await expect(page.locator("body")).toContainText("the early error");
    await expect(page.locator("body")).toContainText("line 4999 of many");
  });
});
