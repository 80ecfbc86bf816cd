import { TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("a function from the editor is built, answers, and its events tell the story", async ({ page, functions }) => {
  const name = uniqueName("editor");
  await functions.create(name);
  await expect(page.locator("#build-log")).toBeVisible();
  await functions.waitUntilReady();

  await functions.open(name, "test");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#answer")).toContainText("200");

  await functions.open(name, "events");
  for (const label of ["Function created", "Build started", "Build completed", "Service created", "Call completed"]) {
    await expect(page.getByRole("link", { name: label }).first()).toBeVisible();
  }
});

test("a Node.js function is built and answers", async ({ page, functions }) => {
  const name = uniqueName("node");
  await functions.create(name, { language: "Node.js" });
  await functions.waitUntilReady();
  await functions.open(name, "test");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#answer")).toContainText("200");
});

test("a name that is taken is refused beside the field and the code is kept", async ({ page, functions }) => {
  const name = uniqueName("taken");
  await functions.create(name);
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create and build" }).click();
  await expect(page.locator("#name-error")).toContainText(/taken|exists|already/i);
  expect(page.url()).toContain(`/t/${TENANT}/new`);
});

test("code with a syntax error fails the build with file and line", async ({ page, functions }) => {
  const name = uniqueName("broken");
  await functions.create(name, { code: "def handler(event):\n    return (\n" });
  await expect(functions.phase()).toContainText("Failed", { timeout: 45_000 });
  await expect(page.locator("#overview")).toContainText("main.py");
});
