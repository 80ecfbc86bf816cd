import { Functions, signedIn, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const CODE = `import time


def handler(event, context):
    print("printed by this call", flush=True)
    return {"ok": True}
`;
const name = uniqueName("prints");

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  const functions = new Functions(page);
  await functions.create(name, { code: CODE });
  await functions.waitUntilReady();
  await page.close();
});

test("the lines of a call are beside its answer, and only its lines", async ({ page, functions }) => {
  for (const call of [1, 2]) {
    await functions.open(name, "test");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.locator("#answer"), `call ${call}`).toContainText("printed by this call");
    await expect(page.locator("#answer").getByText("printed by this call")).toHaveCount(1);
  }
  await page.getByRole("link", { name: "Open in Logs" }).click();
  await expect(page.getByText("Only the lines of the call")).toBeVisible();
  await expect(page.getByRole("log").getByText("printed by this call")).toHaveCount(1);
  await page.getByRole("link", { name: "Show all lines" }).click();
  await expect(page.getByRole("log").getByText("printed by this call")).toHaveCount(2);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the lines of a call are there with its answer", async ({ page, functions }) => {
    await functions.open(name, "test");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.locator("#answer")).toContainText("printed by this call");
  });
});

test("a test that was forgotten by mistake comes back", async ({ page, functions }) => {
  await functions.open(name, "test");
  await functions.write("body", '{"kept": 1}');
  await page.getByLabel("Name of the test").fill("my order");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: "Forget my order" }).click();
  await expect(page.getByRole("link", { name: "my order" })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name: "my order" }).click();
  await expect(page.locator('textarea[name="body"]')).toHaveValue('{"kept": 1}');
});

test("a saved test showed what was typed into another one", async ({ page, functions }) => {
  page.on("dialog", (dialog) => void dialog.accept());
  await functions.open(name, "test");
  await functions.write("body", '{"saved": true}');
  await page.getByLabel("Name of the test").fill("the saved one");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("The test is saved.")).toBeVisible();
  await functions.open(name, "test");
  await functions.write("body", '{"other": true}');
  await page.reload();
  await expect(page.locator('textarea[name="body"]')).toHaveValue('{"other": true}');
  await page.getByRole("link", { name: "the saved one" }).click();
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await expect(page.locator('textarea[name="body"]')).toHaveValue('{"saved": true}');
  // What was sent and answered is no draft any more.
  await functions.open(name, "test");
  await expect(page.locator('textarea[name="body"]')).toHaveValue('{"other": true}');
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#answer")).toContainText("200");
  await functions.open(name, "test");
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await expect(page.locator('textarea[name="body"]')).toHaveValue(/"world"/);
});

test("the name of a test was lost when it could not be saved", async ({ page, functions }) => {
  await functions.open(name, "test");
  const title = page.getByLabel("Name of the test");
  const long = "a name ".repeat(13);
  await title.evaluate((field) => field.removeAttribute("maxlength"));
  await title.fill(long);
  await functions.write("body", '{"mine": 1}');
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator("#errors")).toBeVisible();
  await expect(title).toHaveValue(long.trim());
  await expect(page.locator('textarea[name="body"]')).toHaveValue('{"mine": 1}');
});

test("a CloudEvent begins as one that the function takes", async ({ page, functions }) => {
  await functions.open(name, "test");
  await page.getByText("CloudEvent", { exact: true }).click();
  await expect(page.locator('textarea[name="event"]')).toHaveValue(/"specversion": "1.0"/);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#answer")).toContainText("200");
  // The answer of a CloudEvent is one.
  await expect(page.locator("#answer")).toContainText("response.success");
});
