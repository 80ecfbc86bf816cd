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

test("nothing jumps when the form says that a name is free", async ({ page, functions }) => {
  await functions.openForm();
  const top = async () => (await page.getByRole("group", { name: "Runtime" }).boundingBox())?.y;
  const before = await top();
  await page.getByLabel("Name", { exact: true }).fill(uniqueName("calm"));
  await expect(page.locator("#name-error")).toContainText("free");
  expect(await top()).toBe(before);
});

test("code with a syntax error fails the build with file and line", async ({ page, functions }) => {
  const name = uniqueName("broken");
  await functions.create(name, { code: "def handler(event):\n    return (\n" });
  await expect(functions.phase()).toContainText("Failed", { timeout: 45_000 });
  await expect(page.locator("#overview")).toContainText("main.py");
});

test("form and YAML are two views of one function", async ({ page, functions }) => {
  const name = uniqueName("views");
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill("not-this-name");
  await functions.write("code_python", 'def handler(event, context):\n    return "from the form"\n');
  await page.getByRole("button", { name: "Edit as YAML" }).click();
  const manifest = page.locator('textarea[name="manifest"]');
  await expect(manifest).toHaveValue(/name: not-this-name/);
  const text = (await manifest.inputValue()).replace("not-this-name", name).replace("from the form", "from the manifest");
  await functions.write("manifest", text);

  await page.getByRole("button", { name: "Back to the form" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await expect(page.locator('textarea[name="code_python"]')).toHaveValue(/from the manifest/);

  await page.getByRole("button", { name: "Edit as YAML" }).click();
  await functions.write("manifest", text.replace(/minReplicas: \d+/, "minReplicas: 1"));
  await page.getByRole("button", { name: "Back to the form" }).click();
  await expect(page.locator("#errors")).toContainText("spec.scaling");
  await expect(manifest).toHaveValue(/minReplicas: 1/);

  await page.getByRole("button", { name: "Create and build" }).click();
  await page.waitForURL(`**/functions/${name}**`);
  await functions.open(name, "settings");
  await expect(page.getByLabel("Fewest instances")).toHaveValue("1");
});

test.describe("behind a proxy that ends TLS", () => {
  test.use({ extraHTTPHeaders: { "x-forwarded-proto": "https" } });

  test("the curl command says https", async ({ page, functions }) => {
    await functions.openForm();
    await page.getByLabel("Name", { exact: true }).fill("any-name");
    await page.getByRole("button", { name: "Edit as YAML" }).click();
    await expect(page.getByRole("group", { name: "curl command" })).toContainText("curl -X POST https://");
  });
});
