import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("the create form says beforehand where the image goes and what the quota leaves", async ({ page, functions }) => {
  await functions.openForm();
  const checks = page.locator(".preflight");
  await expect(checks).toContainText("Pre-flight");
  await checks.locator("summary").click();
  await expect(checks.getByRole("listitem").filter({ hasText: "Images" })).toContainText(/GB are free/);
  await expect(checks.getByRole("listitem").filter({ hasText: "Quota" }).first()).toBeVisible();
});

test("Settings names a Secret that a variable refers to and that is not there", async ({ page, functions }) => {
  const name = uniqueName("preflight");
  await functions.create(name);
  await functions.waitUntilReady();
  await functions.open(name, "yaml");
  const text = await page.locator('textarea[name="manifest"]').inputValue();
  const env = "spec:\n  env:\n    - name: KEY\n      valueFrom:\n        secretKeyRef: {name: not-there, key: key}\n";
  await functions.write("manifest", text.replace(/^spec:\n/m, env));
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await expect(page.getByText("Applied.")).toBeVisible();
  await functions.open(name, "settings");
  const checks = page.locator(".preflight");
  await expect(checks.getByRole("listitem").filter({ hasText: "KEY" })).toContainText("There is no Secret not-there");
  await expect(checks).toHaveAttribute("open", "");
});
