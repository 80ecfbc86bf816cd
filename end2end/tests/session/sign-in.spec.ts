import { expect, test } from "@playwright/test";

const url = () => process.env.KL_E2E_URL ?? "";

test("a page without a session says how to sign in and gives nothing away", async ({ page }) => {
  const response = await page.goto(`${url()}/t/default/functions`);
  expect(response?.status()).toBe(401);
  await expect(page).toHaveURL(/\/signed-out$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in to go on");
  await expect(page.getByText("a link is printed at each start")).toBeVisible();
  await expect(page.getByRole("link", { name: "New function" })).toHaveCount(0);
});

test("a link that was made up is refused in words", async ({ page }) => {
  await page.goto(`${url()}/sign-in?token=made-up`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link is not valid");
  expect(await page.context().cookies()).toEqual([]);
});
