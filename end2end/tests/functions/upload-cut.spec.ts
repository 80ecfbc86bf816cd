import { randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import { tarGz } from "../../pages/archive";
import { cable, type Cable } from "../../pages/cable";
import { TENANT } from "../../pages/functions";
import { expect, test } from "../../pages/test";

// Too large to be sent before the connection can be cut.
const archive = tarGz("large.tar.gz", {
  "main.py": "def handler(event, context):\n    return 1\n",
  "ballast.txt": randomBytes(18_000_000).toString("base64"),
});

let line: Cable;

test.beforeEach(async () => {
  line = await cable(process.env.KL_E2E_URL ?? "");
});
test.afterEach(() => line.close());

async function upload(page: Page) {
  await page.goto(`${line.url}/t/${TENANT}/new`);
  await page.getByText("Upload an archive").click();
  await page.locator("input[type=file]").first().setInputFiles(archive.path);
  await expect(page.locator(".progress-text")).toContainText(/[1-9]\d? %/);
}

test("an upload whose connection breaks goes on by itself when the connection is back", async ({ page }) => {
  await upload(page);
  line.cut();
  await expect(page.locator(".progress-text")).toContainText("The connection broke; trying again in");
  line.mend();
  await expect(page.locator(".found")).toContainText("large.tar.gz: 2 files, Python", { timeout: 45_000 });
  await expect(page.locator(".upload-error")).toHaveText("");
});

test("an upload that waits for the connection can be cancelled, and the same file chosen again", async ({ page }) => {
  await upload(page);
  line.cut();
  await expect(page.locator(".progress-text")).toContainText("trying again");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.locator(".upload-error")).toContainText("cancelled");
  line.mend();
  await expect(page.getByRole("button", { name: "Choose a file" })).toBeVisible();
  await expect(page.locator(".progress")).toBeHidden();
  await page.locator("input[type=file]").first().setInputFiles(archive.path);
  await expect(page.locator(".found")).toContainText("large.tar.gz", { timeout: 45_000 });
});

test("an upload that gave up is sent again by hand without choosing the file again", async ({ page }) => {
  await page.clock.install();
  await upload(page);
  line.cut();
  const again = page.getByRole("button", { name: "Try again" });
  await expect(async () => {
    await page.clock.fastForward(15_000);
    await expect(again).toBeVisible({ timeout: 300 });
  }).toPass({ timeout: 40_000 });
  await expect(page.locator(".upload-error")).toContainText("The connection broke");
  line.mend();
  await again.click();
  await expect(page.locator(".found")).toContainText("large.tar.gz", { timeout: 45_000 });
});

test("a form that went off during the upload broke it off and said that there is none", async ({ page }) => {
  await upload(page);
  await page.getByLabel("Name", { exact: true }).fill("too-early");
  await page.getByRole("button", { name: "Create and build" }).click();
  await expect(page.locator(".upload-error")).toContainText("The archive is still on its way.");
  await expect(page).toHaveURL(new RegExp(`/t/${TENANT}/new`));
  await expect(page.getByRole("button", { name: "Create and build" })).toBeEnabled();
  await expect(page.locator(".found")).toContainText("large.tar.gz: 2 files, Python", { timeout: 45_000 });
  await expect(page.locator(".upload-error")).toHaveText("");
});
