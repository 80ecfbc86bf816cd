import type { Page } from "@playwright/test";
import { tarGz } from "../../pages/archive";
import { TENANT, uniqueName, type Functions } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test.use({ javaScriptEnabled: false });

/** Loads the page again until the function is ready. */
async function ready(page: Page, functions: Functions, name: string) {
  await expect(async () => {
    await functions.open(name);
    await expect(functions.phase()).toContainText("Ready", { timeout: 1_000 });
    await expect(page.getByText("Newest settings are not live yet")).toHaveCount(0);
  }).toPass({ timeout: 60_000 });
}

test("code is edited and deployed, settings and manifest are saved, all without JavaScript", async ({ page, functions }) => {
  test.setTimeout(150_000);
  const name = uniqueName("plainedit");
  await functions.create(name);
  await ready(page, functions, name);

  await functions.open(name, "code");
  await page.getByLabel("Content of main.py").fill("import os\n\n\ndef handler(event, context):\n    return {'second': os.environ.get('COLOUR')}\n");
  await page.getByRole("button", { name: "Deploy", exact: true }).last().click();
  await expect(page.getByText("Deployed. The log of its build is below.")).toBeVisible();
  // Nothing failed: the older code answers until the newer one is built.
  await expect(page.locator(".steps .bad")).toHaveCount(0);
  await ready(page, functions, name);

  await functions.open(name, "settings");
  await page.getByLabel("Variable name").first().fill("COLOUR");
  await page.getByLabel("Value", { exact: true }).first().fill("green");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await ready(page, functions, name);

  await functions.open(name, "yaml");
  const area = page.locator('textarea[name="manifest"]');
  await area.fill((await area.inputValue()).replace(/maxReplicas: \d+/, "maxReplicas: 7"));
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await expect(page.getByText("Applied.")).toBeVisible();
  await ready(page, functions, name);

  await functions.open(name, "test");
  await page.getByRole("button", { name: "Send" }).last().click();
  await expect(page.locator("#answer")).toContainText('"second": "green"');
});

test("a test is saved by the Enter key, chosen and forgotten without JavaScript, and calls nothing", async ({ page, functions }) => {
  const name = uniqueName("plaintest");
  await functions.create(name);
  await ready(page, functions, name);
  await functions.open(name, "test");
  await page.locator('textarea[name="body"]').fill('{"mine": 1}');
  await page.getByLabel("Name of the test").fill("greeting");
  await page.keyboard.press("Enter");
  await expect(page.getByText("The test is saved.")).toBeVisible();
  await expect(page.locator("#answer")).toContainText("Send a request");
  await expect(page.locator('textarea[name="body"]')).toHaveValue('{"mine": 1}');

  // What stands in one editor stays when the other one is sent.
  await page.getByText("CloudEvent", { exact: true }).click();
  await page.getByRole("button", { name: "Send" }).last().click();
  await expect(page.locator("#answer")).toContainText("response.success");
  await expect(page.locator('textarea[name="body"]')).toHaveValue('{"mine": 1}');

  await page.getByRole("link", { name: "greeting" }).click();
  await expect(page.locator('textarea[name="body"]')).toHaveValue('{"mine": 1}');
  await page.getByRole("button", { name: "Forget greeting" }).click();
  await expect(page.getByText("is forgotten.")).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("link", { name: "greeting" })).toBeVisible();
});

test("a build is cancelled and built again, and the function deleted, without JavaScript", async ({ page, functions }) => {
  test.setTimeout(120_000);
  const name = uniqueName("plaincancel");
  const setup = "import time\nfrom setuptools import setup\ntime.sleep(120)\nsetup(name='slow', version='1', py_modules=[])\n";
  const files = { "main.py": "def handler(event):\n    return 1\n", "requirements.txt": "./slow\n", "slow/setup.py": setup };
  await functions.openForm();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByText("Upload an archive").click();
  await page.locator("#archive").setInputFiles(tarGz("slow.tar.gz", files).path);
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.locator(".found")).toContainText("slow.tar.gz: 3 files, Python");
  await page.getByRole("button", { name: "Create and build" }).click();
  await page.waitForURL(`**/functions/${name}**`);
  await expect(async () => {
    await functions.open(name, "builds");
    await expect(page.locator("tbody")).toContainText("Running", { timeout: 1_000 });
  }).toPass({ timeout: 45_000 });
  await page.locator("tbody a").first().click();
  await page.getByRole("button", { name: "Cancel the build" }).click();
  await expect(async () => {
    await page.reload();
    await expect(page.locator("#build .pill").first()).toContainText("Cancelled", { timeout: 1_000 });
  }).toPass({ timeout: 45_000 });
  await expect(page.getByRole("button", { name: "Build again" })).toBeVisible();

  await page.goto(`/t/${TENANT}/functions/${name}/delete`);
  await page.locator("form input[type=text], form input:not([type])").first().fill(name);
  await page.getByRole("button", { name: /delete/i }).click();
  await page.waitForURL(`**/t/${TENANT}/functions**`);
  await expect(async () => {
    const response = await page.goto(`/t/${TENANT}/functions/${name}`);
    expect(response?.status()).toBe(404);
  }).toPass({ timeout: 45_000 });
});

test("a new value for a secret was dropped in silence when something else was wrong", async ({ page, functions }) => {
  const name = uniqueName("plainsecret");
  await functions.create(name);
  await functions.open(name, "settings");
  await page.getByLabel("New secret variable").last().fill("TOKEN");
  await page.getByLabel("Its value").last().fill("first-value");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();

  const value = page.getByLabel("New value of TOKEN");
  await value.fill("second-value");
  await page.getByLabel("Memory, at most").fill("much");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator("#errors")).toBeVisible();
  await expect(value).toHaveAttribute("placeholder", "type the value again");
  await page.getByLabel("Memory, at most").fill("128Mi");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator("#errors")).toContainText("Type the new value again");
  await value.fill("second-value");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
});
