import { expect, test } from "@playwright/test";

const url = () => process.env.KL_E2E_URL ?? "";

test("a page without a session says how to sign in and gives nothing away", async ({ page }) => {
  const response = await page.goto(`${url()}/t/default/functions`);
  expect(response?.status()).toBeLessThan(500);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("link", { name: "New function" })).toHaveCount(0);
});

test("a link that was made up is refused in words", async ({ page }) => {
  await page.goto(`${url()}/sign-in?token=made-up`);
  await expect(page.locator("main")).toContainText(/link/i);
});
