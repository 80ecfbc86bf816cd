import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("an edited manifest is applied, and a wrong one is refused with its line kept", async ({ page, functions }) => {
  const name = uniqueName("yaml");
  await functions.create(name);
  await functions.waitUntilReady();
  await functions.open(name, "yaml");
  const area = page.locator('textarea[name="manifest"]');
  const text = await area.inputValue();
  expect(text).toContain("kind: LambdaFunction");
  await functions.write("manifest", text.replace(/maxReplicas: \d+/, "maxReplicas: 7"));
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await expect(page.getByText("Applied.")).toBeVisible();
  await functions.open(name, "settings");
  await expect(page.getByLabel("Most instances")).toHaveValue("7");

  await functions.open(name, "yaml");
  await functions.write("manifest", text.replace(/maxReplicas: \d+/, "maxReplicas: many"));
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await expect(page.locator("#errors")).toBeVisible();
  await expect(area).toHaveValue(/maxReplicas: many/);
});
