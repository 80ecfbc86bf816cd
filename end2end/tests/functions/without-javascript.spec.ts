import { uniqueName } from "../../pages/functions";
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
