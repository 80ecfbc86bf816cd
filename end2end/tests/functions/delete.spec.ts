import { TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("deleting asks for the name and takes the function away", async ({ page, functions }) => {
  const name = uniqueName("gone");
  await functions.create(name);
  await functions.waitUntilReady();
  await page.goto(`/t/${TENANT}/functions/${name}/delete`);
  const confirm = page.getByRole("button", { name: /delete/i });
  await page.locator("form input[type=text], form input:not([type])").first().fill("another-name");
  await confirm.click();
  await expect(page.locator("#errors, .field-error").first()).toBeVisible();
  await page.locator("form input[type=text], form input:not([type])").first().fill(name);
  await confirm.click();
  await page.waitForURL(`**/t/${TENANT}/functions**`);
  await expect(async () => {
    const response = await page.goto(`/t/${TENANT}/functions/${name}`);
    expect(response?.status()).toBe(404);
  }).toPass({ timeout: 20_000 });
});
