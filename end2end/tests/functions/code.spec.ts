import { tarGz } from "../../pages/archive";
import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("a new file was lost when something else was wrong", async ({ page, functions }) => {
  const name = uniqueName("newfile");
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByText("Upload an archive").click();
  const files = { "main.py": "def handler(event, context):\n    return 1\n", "lib.py": "x = 1\n" };
  await page.locator("input[type=file]").first().setInputFiles(tarGz("code.tar.gz", files).path);
  await expect(page.locator(".found")).toContainText("lib.py");
  await page.getByRole("button", { name: "Create and build" }).click();
  await page.waitForURL(`**/functions/${name}**`);
  await functions.waitUntilReady();
  await functions.open(name, "code");
  await page.getByRole("link", { name: "New file" }).click();
  await page.getByLabel("Path of the new file").fill("more/text.py");
  await functions.write("new_text", "y = 2\n");
  await page.getByLabel("Handler", { exact: true }).fill("no handler");
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await expect(page.locator("#errors")).toBeVisible();
  await expect(page.getByLabel("Path of the new file")).toHaveValue("more/text.py");
  await expect(page.locator('textarea[name="new_text"]')).toHaveValue("y = 2\n");
});

test("two people who deploy at once see the difference and choose", async ({ page, functions, context }) => {
  const name = uniqueName("both-deploy");
  const code = (word: string) => `def handler(event, context):\n    return "${word}"\n`;
  await functions.create(name, { code: code("first") });
  await functions.waitUntilReady();
  await functions.open(name, "code");
  const version = await page.locator('#code-form input[name="version"]').inputValue();

  const other = await context.newPage();
  const theirs = new (functions.constructor as typeof import("../../pages/functions").Functions)(other);
  await theirs.open(name, "code");
  await theirs.write("file:main.py", code("theirs"));
  await other.getByRole("button", { name: "Deploy", exact: true }).click();
  await other.waitForURL(/created=again/);
  await expect(other.getByText("Deployed. The log of its build is below.")).toBeVisible();
  await other.close();

  await functions.write("file:main.py", code("mine"));
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const conflict = page.locator("#errors");
  await expect(conflict).toContainText("A newer version is already deployed.");
  await expect(conflict.locator("del")).toContainText("theirs");
  await expect(conflict.locator("ins")).toContainText("mine");
  // Pressing Deploy again is no way around the choice.
  expect(await page.locator('#code-form input[name="version"]').inputValue()).toBe(version);
  await expect(page.locator('textarea[name="file:main.py"]')).toHaveValue(code("mine"));

  await conflict.getByRole("button", { name: "Deploy mine anyway" }).click();
  await page.waitForURL(/created=again/);
  await functions.open(name, "code");
  await expect(page.locator('textarea[name="file:main.py"]')).toHaveValue(code("mine"));
});
