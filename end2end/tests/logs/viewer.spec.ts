import type { Page } from "@playwright/test";
import { Functions, signedIn, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const name = uniqueName("lines");
const CODE = `def handler(event, context):
    for number in range(event["from"], event["from"] + event["lines"]):
        print(f"line {number} <img src=x onerror=document.title='hurt'>")
    context.logger.error("the end of %s", event["from"])
    return {"printed": event["lines"]}
`;

async function print(page: Page, from: number, lines: number) {
  const form = `/t/${TENANT}/functions/${name}/test`;
  const shown = await (await page.request.get(form)).text();
  const token = /name="form-token" value="(\w+)"/.exec(shown)?.[1] ?? "";
  const answer = await page.request.post(form, {
    headers: { origin: process.env.KL_E2E_URL ?? "" },
    form: { "form-token": token, do: "send", kind: "json", method: "POST", path: "/", body: JSON.stringify({ from, lines }) },
  });
  expect(answer.status()).toBe(200);
}

const row = (page: Page, text: string | RegExp) => page.locator(".log-line", { hasText: text });

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  const functions = new Functions(page);
  await functions.create(name, { code: CODE });
  await functions.waitUntilReady();
  await print(page, 1, 3000);
  await page.close();
});

test("earlier lines are there at once and new ones follow", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await expect(row(page, "the end of 1").first()).toBeVisible();
  await expect(page.locator(".log-state")).toContainText("following");
  await print(page, 5001, 10);
  await expect(row(page, "the end of 5001")).toBeVisible();
});

test("scrolling up stops following and the jump button leads back", async ({ page, functions }) => {
  await functions.open(name, "logs");
  const view = page.locator(".log-scroll");
  await expect(row(page, "the end of").first()).toBeVisible();
  await view.hover();
  await page.mouse.wheel(0, -4000);
  const jump = page.getByRole("button", { name: /Jump to latest/ });
  await expect(jump).toBeVisible();
  await print(page, 6001, 5);
  await expect(jump).toContainText(/\d+ new/);
  await jump.click();
  await expect(row(page, "the end of 6001")).toBeVisible();
  await expect(jump).toBeHidden();
});

test("pause keeps lines back and tells how many wait", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await expect(row(page, "the end of").first()).toBeVisible();
  const pause = page.getByRole("button", { name: "Pause", exact: true });
  await pause.click();
  await print(page, 7001, 5);
  await expect(page.locator(".log-state")).toContainText(/Paused, [1-9]\d* lines wait/);
  await expect(row(page, "the end of 7001")).toHaveCount(0);
  await pause.click();
  await expect(row(page, "the end of 7001")).toBeVisible();
});

test("search finds a line that was never drawn, and Enter goes on", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await expect(row(page, "the end of").first()).toBeVisible();
  const search = page.getByRole("searchbox", { name: "Search all lines" });
  await search.fill("line 17 ");
  await expect(page.locator(".log-found")).toContainText("1 of 1");
  await expect(row(page, "line 17 ")).toBeVisible();
  await search.fill("line 10");
  await expect(page.locator(".log-found")).toContainText(/1 of \d{2,}/);
  await search.press("Enter");
  await expect(page.locator(".log-found")).toContainText(/2 of \d+/);
  await search.press("Shift+Enter");
  await expect(page.locator(".log-found")).toContainText(/1 of \d+/);
});

test("a level hides the others and says how many", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await expect(row(page, "the end of").first()).toBeVisible();
  await page.getByRole("combobox", { name: "Least level" }).selectOption("error");
  await expect(page.locator(".log-notice")).toContainText(/\d+ lines are hidden/);
  await expect(row(page, "line 2999 ")).toHaveCount(0);
  await expect(row(page, "the end of 1").first()).toBeVisible();
});

test("a line has an address that leads back to it", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("line 2500 ");
  const wanted = row(page, "line 2500 ");
  await expect(wanted).toBeVisible();
  await wanted.locator(".log-number").click();
  expect(new URL(page.url()).hash).toMatch(/^#L\d+$/);
  await page.goto("about:blank");
  await page.goBack();
  await page.reload();
  await expect(row(page, "line 2500 ")).toBeVisible();
  await expect(page.locator(".log-line.linked")).toContainText("line 2500 ");
});

test("a line and a range of lines are copied by their numbers", async ({ page, context, functions }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await functions.open(name, "logs");
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("line 2500 ");
  await row(page, "line 2500 ").locator(".log-number").click();
  await page.getByRole("button", { name: /^Copy line \d+$/ }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  expect(await copied()).toBe("line 2500 <img src=x onerror=document.title='hurt'>");
  await row(page, "line 2502 ").locator(".log-number").click({ modifiers: ["Shift"] });
  await page.getByRole("button", { name: /^Copy lines \d+ to \d+$/ }).click();
  expect((await copied()).split("\n").map((text) => text.slice(0, 9))).toEqual(["line 2500", "line 2501", "line 2502"]);
});

test("a stream that was refused is asked for again, and nothing is missed or doubled", async ({ page, functions }) => {
  let refused = 0;
  await page.route("**/log/stream*", (route) => (refused++ ? route.continue() : route.fulfill({ status: 503 })));
  await functions.open(name, "logs");
  await expect(page.locator(".log-state")).toContainText("Reconnecting");
  await print(page, 8001, 5);
  await expect(row(page, "the end of 8001")).toHaveCount(1);
  await expect(row(page, "line 8003 ")).toHaveCount(1);
  await expect(page.locator(".log-state")).toContainText("Streaming");
});

test("only the lines that were loaded were copied", async ({ page, context, functions }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await functions.open(name, "logs");
  await expect(row(page, "the end of").first()).toBeVisible();
  await page.getByRole("button", { name: "Copy all" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).split("\n");
  expect(lines.length).toBeGreaterThan(3000);
  expect(lines.some((line) => line.startsWith("line 1 <img"))).toBe(true);
  await expect(page.getByRole("button", { name: "Copy all" })).toBeVisible();
});

test("each new line drew all of them anew and took the focus away", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await expect(page.locator(".log-state")).toContainText("Streaming");
  const number = page.locator(".log-number").last();
  const href = await number.getAttribute("href");
  const mine = page.locator(`.log-number[href="${href}"]`);
  await mine.evaluate((element) => Object.assign(element, { kept: true }));
  await mine.focus();
  await print(page, 9001, 2);
  await expect(row(page, "the end of 9001")).toBeVisible();
  await expect(mine).toBeFocused();
  expect(await mine.evaluate((element) => "kept" in element)).toBe(true);
  // Its own row changes when it is chosen.
  await mine.press("Enter");
  await expect(page.locator(".log-line.linked")).toHaveCount(1);
  await expect(mine).toBeFocused();
});

test("why a log can not be shown was written where nobody sees it", async ({ page, functions }) => {
  await page.route("**/fn/logs/read", (route) => route.fulfill({ status: 500, body: "{}" }));
  await functions.open(name, "logs");
  await expect(page.locator(".log-state")).toContainText("Not available");
  await expect(page.locator(".log-state")).toBeVisible();
});

test("markup in a line stays text", async ({ page, functions }) => {
  await functions.open(name, "logs");
  await expect(row(page, "<img src=x").first()).toBeVisible();
  await expect(page.locator(".log-scroll img")).toHaveCount(0);
  expect(await page.title()).not.toBe("hurt");
});

test("the log is there without an instance and without JavaScript", async ({ browser }) => {
  const context = await browser.newContext({
    baseURL: process.env.KL_E2E_URL,
    storageState: "test-results/signed-in.json",
    javaScriptEnabled: false,
  });
  const page = await context.newPage();
  await page.goto(`/t/${TENANT}/functions/${name}/logs`);
  await expect(page.getByRole("main")).toContainText("the end of");
  await context.close();
});
