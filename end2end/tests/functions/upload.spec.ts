import { tarGz } from "../../pages/archive";
import { TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const FILES = {
  "main.py": "from parts.words import greet\n\n\ndef handler(event, context):\n    return {\"said\": greet(event[\"name\"])}\n",
  "parts/__init__.py": "",
  "parts/words.py": "def greet(name):\n    return f\"Good day, {name}\"\n",
};

test("an archive chosen by the button is looked into, built and answers", async ({ page, functions }) => {
  const name = uniqueName("archive");
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByText("Upload an archive").click();
  await page.locator("input[type=file]").first().setInputFiles(tarGz("code.tar.gz", FILES).path);
  await expect(page.locator(".found")).toContainText("Python");
  await expect(page.locator(".found")).toContainText("parts/words.py");
  await page.getByRole("button", { name: "Create and build" }).click();
  await page.waitForURL(`**/functions/${name}**`);
  await functions.waitUntilReady();

  await functions.open(name, "test");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#answer")).toContainText("Good day, world");

  await functions.open(name, "code");
  await expect(page.getByRole("main")).toContainText("words.py");
});

test("an archive can be dropped on the form", async ({ page, functions }) => {
  await functions.openForm();
  await page.getByText("Upload an archive").click();
  const bytes = tarGz("dropped.tar.gz", FILES).bytes.toString("base64");
  const transfer = await page.evaluateHandle((text) => {
    const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([data], "dropped.tar.gz"));
    return transfer;
  }, bytes);
  await page.locator(".drop").dispatchEvent("drop", { dataTransfer: transfer });
  await expect(page.locator(".found")).toContainText("dropped.tar.gz");
});

test("a file that is no archive is refused in words and another one can be chosen", async ({ page, functions }) => {
  await functions.openForm();
  await page.getByText("Upload an archive").click();
  const input = page.locator("input[type=file]").first();
  await input.setInputFiles({ name: "notes.zip", mimeType: "application/zip", buffer: Buffer.from("not a zip at all") });
  await expect(page.locator(".upload-error")).toContainText(/archive|zip/i);
  await input.setInputFiles(tarGz("good.tar.gz", FILES).path);
  await expect(page.locator(".found")).toContainText("good.tar.gz");
});

test("the archive is not lost when another field is wrong", async ({ page, functions }) => {
  const name = uniqueName("keep");
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill("Not A Name");
  await page.getByText("Upload an archive").click();
  await page.locator("input[type=file]").first().setInputFiles(tarGz("kept.tar.gz", FILES).path);
  await expect(page.locator(".found")).toContainText("kept.tar.gz");
  await page.locator("form.create").evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByRole("button", { name: "Create and build" }).click();
  await expect(page.locator("#errors")).toBeVisible();
  await expect(page.locator(".found")).toContainText("kept.tar.gz");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create and build" }).click();
  await page.waitForURL(`**/functions/${name}**`);
  await functions.waitUntilReady();
});

test("what was found in an archive of one file counted files", async ({ page, functions }) => {
  await functions.openForm();
  await page.getByText("Upload an archive").click();
  await page.locator("input[type=file]").first().setInputFiles(tarGz("single.tar.gz", { "main.py": "def handler(event):\n    return 1\n" }).path);
  await expect(page.locator(".found-title")).toHaveText("single.tar.gz: 1 file, Python");
});

test("a second archive that was refused left the first one in the form, which no longer showed it", async ({ page, functions }) => {
  const name = uniqueName("second");
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByText("Upload an archive").click();
  const input = page.locator("input[type=file]").first();
  await input.setInputFiles(tarGz("first.tar.gz", FILES).path);
  await expect(page.locator(".found")).toContainText("first.tar.gz");
  await input.setInputFiles({ name: "notes.zip", mimeType: "application/zip", buffer: Buffer.from("not a zip at all") });
  await expect(page.locator(".upload-error")).toContainText(/archive|zip/i);
  await expect(page.locator(".found")).toHaveText("");
  await page.getByRole("button", { name: "Create and build" }).click();
  await expect(page.locator("#errors")).toContainText("Upload an archive first");
  await expect(page).toHaveURL(new RegExp(`/t/${TENANT}/new`));
});

test("a reload kept all of the form but the archive", async ({ page, functions }) => {
  const name = uniqueName("reload");
  page.on("dialog", (dialog) => void dialog.accept());
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByText("Upload an archive").click();
  await page.locator("input[type=file]").first().setInputFiles(tarGz("again.tar.gz", FILES).path);
  await expect(page.locator(".found")).toContainText("again.tar.gz");
  await page.reload();
  await expect(page.getByText("What you typed before is here again.")).toBeVisible();
  await expect(page.locator(".found")).toContainText("again.tar.gz");
  await page.getByRole("button", { name: "Create and build" }).click();
  await page.waitForURL(`**/functions/${name}**`);
  // The page that says that the form was taken throws its draft away once its script runs.
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  // What was taken is no draft any more.
  await functions.openForm();
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await expect(page.getByText("What you typed before is here again.")).toHaveCount(0);
});
