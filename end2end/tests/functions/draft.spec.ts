import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("what is typed stays over a reload, also when an instance came or went meanwhile", async ({ page, functions, context }) => {
  const name = uniqueName("drafts");
  await functions.create(name);
  await functions.waitUntilReady();
  page.on("dialog", (dialog) => void dialog.accept());
  await functions.open(name, "settings");
  await expect(page.locator(".live")).toContainText("Live");
  await page.getByLabel("Time-out").fill("9m");
  // A call changes the function's status, not what the form began from.
  const other = await context.newPage();
  await other.goto(page.url().replace("/settings", "/test"));
  await other.getByRole("button", { name: "Send" }).click();
  await expect(other.locator("#answer")).toContainText("200");
  await other.close();
  await page.reload();
  await expect(page.getByLabel("Time-out")).toHaveValue("9m");
  await page.getByRole("button", { name: "Start over" }).click();
  await expect(page.getByLabel("Time-out")).toHaveValue("30m");

  await functions.open(name, "yaml");
  await expect(page.locator(".live")).toContainText("Live");
  await functions.write("manifest", "kind: half typed");
  await page.reload();
  await expect(page.locator('textarea[name="manifest"]')).toHaveValue("kind: half typed");
});
