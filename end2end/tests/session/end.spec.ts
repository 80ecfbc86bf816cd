import { TENANT } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("who only reads or types is asked before the session ends, and loses nothing", async ({ page }) => {
  await page.clock.install();
  await page.goto(`/t/${TENANT}/new`);
  const notice = page.locator("#session-end");
  await page.getByLabel("Name", { exact: true }).fill("half-typed");
  await page.clock.runFor("10:00");
  await expect(notice).toBeHidden();
  await page.clock.runFor("04:00");
  await expect(notice).toBeVisible();
  await notice.getByRole("button", { name: "Stay signed in" }).click();
  await expect(notice).toBeHidden();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("half-typed");
});
