import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("an administrator makes a tenant, gives it members, stops it and lets it go on", async ({ page }) => {
  const name = uniqueName("team");
  await page.goto("/admin");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("What people call it").fill("A team");
  await page.getByLabel("Its owner").fill("local:olga");
  await page.getByRole("button", { name: "Create tenant" }).click();
  await expect(page.getByRole("status").filter({ hasText: "The tenant is there." })).toBeVisible();
  const row = page.locator(`#tenant-${name}`);
  await expect(row).toContainText("A team");

  await page.goto(`/t/${name}/members`);
  await page.getByLabel("Kind of new member").selectOption("group");
  await page.getByLabel("Name of new member").fill("payments");
  await page.getByLabel("Role of new member").selectOption("developer");
  // Enter saves; it takes nobody out.
  await page.getByLabel("Name of new member").press("Enter");
  await expect(page.getByLabel("Name of payments")).toHaveValue("payments");
  await expect(page.getByLabel("Name of local:olga")).toHaveValue("local:olga");

  await page.getByLabel("User", { exact: true }).fill("someone");
  await page.getByLabel("Groups").fill("payments");
  await page.getByRole("button", { name: "What may they do?" }).click();
  await expect(page.locator("#tested")).toContainText("someone is developer here.");
  await page.getByRole("button", { name: "Take out payments" }).click();
  await expect(page.getByLabel("Name of payments")).toHaveCount(0);
  await page.goto(`/t/${name}/audit`);
  await expect(page.locator("tbody tr").first()).toContainText("tenant.members");

  await page.goto(`/admin?q=${name}`);
  await row.getByRole("button", { name: `Suspend ${name}` }).click();
  await expect(row).toContainText("Suspended");
  await page.goto(`/admin?q=${name}`);
  await row.getByRole("button", { name: `Resume ${name}` }).click();
  await expect(row.getByRole("button", { name: `Suspend ${name}` })).toBeVisible();
});
