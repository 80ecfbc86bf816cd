import { TENANT } from "../../pages/functions";
import { expect, test } from "../../pages/test";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("an event type's page tells what its data holds and whether some data fits", async ({ page }) => {
      await page.goto(`/t/${TENANT}/events`);
      await page.getByRole("link", { name: "Event types" }).click();
      await page.getByRole("link", { name: "Rollback requested" }).click();
      await expect(page.getByRole("table", { name: "Properties of the data" })).toContainText("revision");
      await expect(page.getByRole("group", { name: "A command that sends one" })).toContainText("command.function.rollback");
      const data = page.getByLabel("Data", { exact: true });
      await page.getByRole("button", { name: "Check the data" }).click();
      await expect(page.getByRole("status").filter({ hasText: "This data fits." })).toBeVisible();
      await data.fill('{"revision": 7}');
      await page.getByRole("button", { name: "Check the data" }).click();
      await expect(page.locator("#errors")).toContainText("expected a string");
      await expect(data).toHaveValue('{"revision": 7}');
      await data.fill("{");
      await page.getByRole("button", { name: "Check the data" }).click();
      await expect(page.locator("#data-error")).toContainText("This is not JSON");
    });
  });
}

test("a type that does not exist is told as such", async ({ page }) => {
  const answer = await page.goto(`/t/${TENANT}/events/types/no.such.type`);
  expect(answer?.status()).toBe(404);
});
