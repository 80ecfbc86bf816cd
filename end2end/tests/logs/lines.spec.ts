import { Functions, signedIn, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const name = uniqueName("looks");
const CODE = String.raw`import json

def handler(event, context):
    print("::group::Customers")
    print("Ada was read")
    print("::endgroup::")
    for number in range(3):
        print(json.dumps({"message": "paid", "order": number, "customer": {"name": "<b>Ada</b>"}}))
    print("\x1b[1;31mred\x1b[0m and \x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07 at https://docs.example/a?b=1.")
    print("all is done")
    return {}
`;

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  const functions = new Functions(page);
  await functions.create(name, { code: CODE });
  await functions.waitUntilReady();
  await functions.call(name);
  await page.close();
});

test("the steps of a good build are folded, each with the time it took", async ({ page, functions }) => {
  await functions.open(name, "builds");
  await page.getByRole("main").locator("tbody a").first().click();
  await expect(page.locator(".log-state")).toContainText("Ended");
  const heads = page.locator(".log-head");
  await expect(heads.first()).toBeVisible();
  const count = await heads.count();
  expect(count).toBeGreaterThan(2);
  await expect(page.locator(".log-took")).toHaveText(Array(count).fill(/^\d+\.\d s$/));
  const first = heads.first().getByRole("button");
  await expect(first).toHaveAttribute("aria-expanded", "false");
  const lines = await page.locator(".log-line").count();
  await first.click();
  await expect(first).toHaveAttribute("aria-expanded", "true");
  expect(await page.locator(".log-line").count()).toBeGreaterThan(lines);
});

test("the failed step of a build is open and its first error is marked", async ({ page, functions }) => {
  const broken = uniqueName("broken");
  await functions.create(broken, { code: "def handler(event, context:\n    return 1\n" });
  await expect(functions.phase()).toContainText("Failed", { timeout: 45_000 });
  await functions.open(broken);
  await expect(page.locator(".log-state")).toContainText("Ended");
  await expect(page.locator(".log-line.error.current")).toBeVisible();
});

test("a group that a function prints is folded when it is done, and search opens it", async ({ page, functions }) => {
  await functions.open(name, "logs");
  const head = page.locator(".log-head button", { hasText: "Customers" });
  await expect(head).toHaveAttribute("aria-expanded", "false");
  const inside = page.locator(".log-line", { hasText: "Ada was read" });
  await expect(inside).toHaveCount(0);
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("was read");
  await expect(page.locator(".log-found")).toContainText("1 of 1");
  await expect(inside).toBeVisible();
  await expect(page.locator(".log-line", { hasText: "::endgroup::" })).toHaveCount(0);
});

test("a JSON line opens to its fields, and a field leaves out the lines without its value", async ({ page, functions }) => {
  await functions.open(name, "logs");
  const line = page.locator(".log-line", { hasText: '"order": 1' });
  await line.getByRole("button", { name: "Fields" }).click();
  const fields = page.locator(".log-field");
  await expect(fields).toHaveText(["messagepaid", "order1", 'customer{"name":"<b>Ada</b>"}']);
  await fields.nth(1).getByRole("button", { name: "order" }).click();
  await expect(page.locator(".log-notice")).toContainText(/\d+ lines are hidden: order is not 1\./);
  await expect(line).toBeVisible();
  await expect(page.locator(".log-line", { hasText: '"order": 2' })).toHaveCount(0);
  await page.getByRole("button", { name: "Show all lines" }).click();
  await expect(page.locator(".log-line", { hasText: '"order": 2' })).toBeVisible();
  await expect(page.locator(".log-notice")).toBeHidden();
});

test("colours are shown, other escapes are not, and only web addresses are links", async ({ page, functions }) => {
  await functions.open(name, "logs");
  const line = page.locator(".log-line", { hasText: "red and click" });
  await expect(line.locator(".log-text")).toHaveText("red and click at https://docs.example/a?b=1.");
  await expect(line.locator(".f1.bold")).toHaveText("red");
  await expect(line.locator(".log-text a")).toHaveCount(1);
  await expect(line.locator(".log-text a")).toHaveAttribute("href", "https://docs.example/a?b=1");
  await expect(line.locator(".log-text a")).toHaveAttribute("rel", "noopener noreferrer");
});

test("wrapping is kept for the next page, and times name their zone", async ({ page, functions }) => {
  await functions.open(name, "logs");
  const wrap = page.getByRole("button", { name: "Wrap" });
  const before = await wrap.getAttribute("aria-pressed");
  await wrap.click();
  await expect(wrap).not.toHaveAttribute("aria-pressed", before ?? "");
  const after = (await wrap.getAttribute("aria-pressed")) ?? "";
  await page.reload();
  await expect(page.getByRole("button", { name: "Wrap" })).toHaveAttribute("aria-pressed", after);
  await page.getByRole("button", { name: "Times" }).click();
  const time = page.locator(".log-line", { hasText: "all is done" }).locator("time");
  await expect(time).toHaveText(/^\d\d:\d\d:\d\d\.\d{3}$/);
  await expect(time).toHaveAttribute("title", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  await expect(page.locator(".log-limits")).toContainText(/times in UTC/);
  await expect(page.locator(".log-limits")).toContainText(/\d+ of \d+ lines here, 100000 at most; the download has all/);
});

test("the lines are a region with a name that keys scroll, and are read out only while they are followed", async ({ page, functions }) => {
  await functions.open(name, "logs");
  const region = page.getByRole("log", { name: `Log of ${name}` });
  await expect(region).toHaveAttribute("aria-live", "polite");
  await region.focus();
  await expect(region).toBeFocused();
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("Ada was read");
  await expect(page.locator(".log-found")).toContainText("1 of 1");
});

test("a log without lines and one without matches say so in words of their own", async ({ page, functions }) => {
  const silent = uniqueName("silent");
  await functions.create(silent);
  await functions.open(silent, "logs");
  await expect(page.locator(".log-state")).toContainText("Waiting for the first line");
  await functions.open(name, "logs");
  await expect(page.locator(".log-state")).toContainText("Streaming");
  await page.getByRole("combobox", { name: "Least level" }).selectOption("error");
  await expect(page.locator(".log-notice")).toContainText("No lines match");
});
