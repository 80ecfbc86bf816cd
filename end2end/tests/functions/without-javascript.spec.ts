import { tarGz } from "../../pages/archive";
import { TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test.use({ javaScriptEnabled: false });

test("create, watch and call work without JavaScript", async ({ page, functions }) => {
  const name = uniqueName("plain");
  await functions.create(name);
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(functions.phase()).toContainText("Ready", { timeout: 1_000 });
  }).toPass({ timeout: 45_000 });
  await functions.open(name, "test");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#answer")).toContainText("200");
  await functions.open(name, "events");
  await expect(page.getByRole("link", { name: "Function created" }).first()).toBeVisible();
});

test("an upload lost what was typed and said nothing when it was refused", async ({ page, functions }) => {
  const name = uniqueName("plainup");
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByText("Upload an archive").click();
  await page.getByText("Advanced").click();
  await page.getByLabel("Variable name").first().fill("COLOUR");
  await page.getByLabel("Value", { exact: true }).first().fill("green & gold = ?");
  const upload = page.getByRole("button", { name: "Upload", exact: true });
  const kept = async () => {
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
    await expect(page.locator('input[name="env_name"]').first()).toHaveValue("COLOUR");
    await expect(page.locator('input[name="env_value"]').first()).toHaveValue("green & gold = ?");
  };
  await upload.click();
  await expect(page.locator("#errors")).toContainText("Choose a file.");
  await kept();
  await page.locator("#archive").setInputFiles({ name: "notes.zip", mimeType: "application/zip", buffer: Buffer.from("not a zip at all") });
  await upload.click();
  await expect(page.locator("#errors")).toContainText(/archive|zip/i);
  await kept();
  const code = "import os\n\n\ndef handler(event, context):\n    return os.environ['COLOUR']\n";
  await page.locator("#archive").setInputFiles(tarGz("code.tar.gz", { "main.py": code }).path);
  await upload.click();
  await expect(page.locator(".found")).toContainText("code.tar.gz: 1 file, Python");
  await expect(page.locator("#errors")).toHaveCount(0);
  await kept();
  await page.getByRole("button", { name: "Create and build" }).click();
  await page.waitForURL(`**/functions/${name}**`);
});

test("the list is sorted and filtered without JavaScript", async ({ page, functions }) => {
  const stem = uniqueName("sorted");
  for (const letter of ["a", "b"]) await functions.create(`${stem}-${letter}`);
  await functions.openList();
  await page.getByLabel("Part of the name").fill(stem);
  await page.getByRole("combobox", { name: "Language" }).selectOption({ label: "Python" });
  await page.getByRole("button", { name: "Apply" }).click();
  const names = page.locator("#functions tbody a.row-link");
  await expect(names).toHaveText([`${stem}-a`, `${stem}-b`]);
  await page.getByRole("columnheader", { name: "Name" }).getByRole("link").click();
  await expect(names).toHaveText([`${stem}-b`, `${stem}-a`]);
  await page.getByRole("combobox", { name: "Language" }).selectOption({ label: "Node.js" });
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByRole("heading", { name: "No function matches" })).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Clear filters" }).last().click();
  await expect(page).toHaveURL(new RegExp(`/t/${TENANT}/functions$`));
});

test("events are filtered and read without JavaScript", async ({ page, functions }) => {
  const name = uniqueName("plainevents");
  await functions.create(name);
  await functions.open(name, "events");
  await page.getByLabel("Type", { exact: true }).selectOption({ label: "Function created" });
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForURL(/type=/);
  await expect(page.locator("#events tbody tr")).toHaveCount(1);
  await page.locator("#events tbody a").click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Function created");
  await expect(page.getByRole("main")).toContainText("io.knative.lambda");
});

test("preferences are saved without JavaScript", async ({ page }) => {
  await page.goto(`/t/${TENANT}/preferences`);
  await page.getByRole("radio", { name: "Dark" }).check({ force: true });
  await page.getByLabel("Wrap long log lines").check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status")).toContainText("Saved in this browser.");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.goto(`/t/${TENANT}/preferences`);
  await expect(page.getByLabel("Wrap long log lines")).toBeChecked();
});
