import { tarGz } from "../../pages/archive";
import { uniqueName } from "../../pages/functions";
import { reach } from "../../pages/keyboard";
import { expect, test } from "../../pages/test";

test("an archive is chosen and built by keyboard alone", async ({ page, functions }) => {
  const name = uniqueName("keyup");
  await functions.openForm();
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await page.keyboard.type(name);
  await reach(page, /^Python/, "radio");
  await reach(page, "Write here", "radio");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("radio", { name: "Upload an archive" })).toBeChecked();
  await reach(page, "Choose a file", "button");
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(tarGz("keys.tar.gz", { "main.py": "def handler(event):\n    return 'by keys'\n" }).path);
  await expect(page.locator(".found")).toContainText("keys.tar.gz");
  await reach(page, "Create and build", "button");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/functions/${name}**`);
  await functions.waitUntilReady();
});

test("code is edited and deployed, and a manifest applied, by keyboard alone", async ({ page, functions }) => {
  test.setTimeout(90_000);
  const name = uniqueName("keyedit");
  await functions.create(name);
  await functions.waitUntilReady();
  await functions.open(name, "code");
  await expect(page.locator(".cm-content").first()).toBeVisible();
  await reach(page, "Content of main.py", "textbox");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText("def handler(event, context):\n    return 'second'\n");
  await reach(page, /^Deploy$/, "button");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Deployed. The log of its build is below.")).toBeVisible();
  await functions.waitUntilReady();

  await functions.open(name, "yaml");
  await expect(page.locator(".cm-content").first()).toBeVisible();
  const text = (await page.locator('textarea[name="manifest"]').inputValue()).replace(/maxReplicas: \d+/, "maxReplicas: 6");
  await reach(page, "Manifest in YAML", "textbox");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
  await reach(page, /^Apply$/, "button");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Applied.")).toBeVisible();
});
