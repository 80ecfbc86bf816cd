import type { Page } from "@playwright/test";
import { TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("the palette finds a function and goes there", async ({ page, functions }) => {
  const name = uniqueName("palette");
  await functions.create(name);
  await functions.openList();
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("ControlOrMeta+k");
  const input = page.getByRole("combobox", { name: "Function or command" });
  await expect(input).toBeFocused();
  await page.keyboard.type(name);
  await expect(page.getByRole("listbox", { name: "Results" }).getByRole("option").first()).toContainText(name);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}`);
});

test("on a function's page the palette leads to its tabs", async ({ page, functions }) => {
  const name = uniqueName("tabs");
  await functions.create(name);
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("ControlOrMeta+k");
  // With its name: functions of other tests are called settings, too.
  await page.keyboard.type(`${name}: settings`);
  await expect(page.getByRole("option", { name: `${name}: Settings` })).toBeVisible();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}/settings`);
});

test("palette and shortcuts are there for administrators, too", async ({ page }) => {
  await page.goto("/admin");
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+k");
  await page.keyboard.type(`tenant ${TENANT}`);
  await expect(page.getByRole("option", { name: `Switch to the tenant ${TENANT}` })).toBeVisible();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/t/${TENANT}/functions`);
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("ControlOrMeta+k");
  await page.keyboard.type("members");
  await expect(page.getByRole("option", { name: "Members" })).toBeVisible();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/t/${TENANT}/members`);
});

test("shortcuts lead through the pages and never fire in a field", async ({ page, functions }) => {
  await functions.openList();
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await page.waitForURL(`**/t/${TENANT}/events`);
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox").first()).toBeFocused();
  await page.keyboard.type("gfn?");
  expect(page.url()).toContain("/events");
  await expect(page.getByRole("searchbox").first()).toHaveValue("gfn?");
});

type Role = "button" | "link" | "textbox" | "searchbox" | "combobox";

/** Goes on with Tab until something has the focus. */
async function reach(page: Page, label: RegExp | string, role: Role) {
  const wanted = page.getByRole(role, { name: label }).first();
  await expect(wanted).toBeVisible();
  for (let step = 0; step < 120; step++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    // The editor takes Tab for itself until Escape is pressed.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
  }
  throw new Error(`${label} can not be reached with Tab`);
}

test("a function is created, called and deleted by keyboard alone", async ({ page, functions }) => {
  const name = uniqueName("keys");
  await functions.openList();
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("n");
  await page.waitForURL(`**/t/${TENANT}/new`);
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
  await page.keyboard.type(name);
  await reach(page, "Create and build", "button");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}**`);
  await functions.waitUntilReady();
  await reach(page, /^Test$/, "link");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}/test`);
  await reach(page, "Send", "button");
  await page.keyboard.press("Enter");
  await expect(page.locator("#answer")).toContainText("200");
  await reach(page, /^Settings$/, "link");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}/settings`);
  await reach(page, /Delete/, "link");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}/delete`);
  await reach(page, /name/i, "textbox");
  await page.keyboard.type(name);
  await reach(page, /Delete/, "button");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/t/${TENANT}/functions?**`);
});

test("lists are filtered, sorted and gone through by keyboard alone", async ({ page, functions }) => {
  const stem = uniqueName("typed");
  for (const letter of ["a", "b"]) await functions.create(`${stem}-${letter}`);
  await functions.openList();
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("/");
  await page.keyboard.type(stem);
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=/);
  const names = page.locator("#functions tbody a.row-link");
  await expect(names).toHaveText([`${stem}-a`, `${stem}-b`]);
  await reach(page, /^Name/, "link");
  await page.keyboard.press("Enter");
  await page.waitForURL(/desc=true/);
  await expect(names).toHaveText([`${stem}-b`, `${stem}-a`]);
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(names.last()).toBeFocused();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${stem}-a`);
  await reach(page, /^Events$/, "link");
  await functions.open(`${stem}-a`, "events");
  await reach(page, "Type", "combobox");
  await page.keyboard.type("Function created");
  await reach(page, "Apply", "button");
  await page.keyboard.press("Enter");
  await page.waitForURL(/type=/);
  await expect(page.locator("#events tbody tr")).toHaveCount(1);
});

test("a log is searched, narrowed and linked to by keyboard alone", async ({ page, functions }) => {
  const name = uniqueName("keylog");
  await functions.create(name, { code: "def handler(event, context):\n    print('stock one')\n    print('stock two')\n    context.logger.error('sold out')\n    return 1\n" });
  await functions.waitUntilReady();
  await functions.open(name, "test");
  await reach(page, "Send", "button");
  await page.keyboard.press("Enter");
  await expect(page.locator("#answer")).toContainText("200");
  await functions.open(name, "logs");
  await expect(page.locator(".log-line", { hasText: "sold out" })).toBeVisible();
  await reach(page, "Search all lines", "searchbox");
  await page.keyboard.type("stock");
  await expect(page.locator(".log-found")).toHaveText("1 of 2");
  await page.keyboard.press("Enter");
  await expect(page.locator(".log-found")).toHaveText("2 of 2");
  await page.keyboard.press("Shift+Enter");
  await expect(page.locator(".log-found")).toHaveText("1 of 2");
  await reach(page, "Match case", "button");
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Match case" })).toHaveAttribute("aria-pressed", "true");
  await reach(page, "Least level", "combobox");
  await page.keyboard.press("End");
  await expect(page.locator(".log-line", { hasText: "stock one" })).toHaveCount(0);
  await expect(page.locator(".log-line", { hasText: "sold out" })).toBeVisible();
  await reach(page, "Show all lines", "button");
  await page.keyboard.press("Enter");
  await expect(page.locator(".log-line", { hasText: "stock one" })).toBeVisible();
});
