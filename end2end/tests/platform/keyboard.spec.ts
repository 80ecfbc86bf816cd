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

test("a function is created, called and deleted by keyboard alone", async ({ page, functions }) => {
  const name = uniqueName("keys");
  const reach = async (label: RegExp | string, role: "button" | "link" | "textbox") => {
    const wanted = page.getByRole(role, { name: label }).first();
    await expect(wanted).toBeVisible();
    for (let step = 0; step < 120; step++) {
      if (await wanted.evaluate((element) => element === document.activeElement)) return;
      // The editor takes Tab for itself until Escape is pressed.
      await page.keyboard.press("Escape");
      await page.keyboard.press("Tab");
    }
    throw new Error(`${label} can not be reached with Tab`);
  };
  await functions.openList();
  await expect(page.locator(".live")).toContainText("Live");
  await page.keyboard.press("n");
  await page.waitForURL(`**/t/${TENANT}/new`);
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
  await page.keyboard.type(name);
  await reach("Create and build", "button");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}**`);
  await functions.waitUntilReady();
  await reach(/^Test$/, "link");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}/test`);
  await reach("Send", "button");
  await page.keyboard.press("Enter");
  await expect(page.locator("#answer")).toContainText("200");
  await reach(/^Settings$/, "link");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}/settings`);
  await reach(/Delete/, "link");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}/delete`);
  await reach(/name/i, "textbox");
  await page.keyboard.type(name);
  await reach(/Delete/, "button");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/t/${TENANT}/functions?**`);
});
