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

const NOTICE = "What you typed before is here again.";

test("rows that were added and what was chosen came back only in words", async ({ page, functions }) => {
  const name = uniqueName("rows");
  await functions.create(name);
  await functions.waitUntilReady();
  page.on("dialog", (dialog) => void dialog.accept());
  await functions.open(name, "settings");
  await expect(page.locator(".live")).toContainText("Live");
  const names = page.getByLabel("Variable name");
  const blank = await names.count();
  await page.getByRole("button", { name: "Add a variable" }).click();
  await names.nth(blank).fill("ADDED");
  await page.getByLabel("Value", { exact: true }).nth(blank).fill("kept");
  await page.getByLabel("Revision").nth(1).selectOption({ index: 2 });
  await page.getByLabel("Percent").nth(1).fill("5");
  const chosen = await page.getByLabel("Revision").nth(1).inputValue();
  await page.reload();
  await expect(page.getByText(NOTICE)).toBeVisible();
  await expect(names.nth(blank)).toHaveValue("ADDED");
  await expect(page.getByLabel("Value", { exact: true }).nth(blank)).toHaveValue("kept");
  await expect(page.getByLabel("Revision").nth(1)).toHaveValue(chosen);
  await expect(page.locator("[data-sum]")).toContainText("105 %");
  // A row that was removed is gone from the draft too, and the focus is not lost with it.
  await page.getByRole("button", { name: "Remove this variable" }).nth(blank).click();
  await expect(page.getByRole("button", { name: "Add a variable" })).toBeFocused();
  await page.reload();
  await expect(page.getByText(NOTICE)).toBeVisible();
  await expect(page.locator('input[name="env_name"]').nth(blank)).toHaveValue("");
  await page.getByRole("link", { name: "Start over" }).click();
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await expect(page.getByText(NOTICE)).toHaveCount(0);
  await expect(page.getByLabel("Revision").nth(1)).toHaveValue("");
});

test("taking the newer version brought the older text back over it", async ({ page, functions, context }) => {
  const name = uniqueName("newer");
  await functions.create(name);
  await functions.waitUntilReady();
  await functions.open(name, "yaml");
  const area = page.locator('textarea[name="manifest"]');
  const text = await area.inputValue();
  const other = await context.newPage();
  const theirs = new (functions.constructor as typeof import("../../pages/functions").Functions)(other);
  await theirs.open(name, "yaml");
  await theirs.write("manifest", text.replace(/maxReplicas: \d+/, "maxReplicas: 6"));
  await other.getByRole("button", { name: "Apply", exact: true }).click();
  await expect(other.getByText("Applied.")).toBeVisible();
  await other.close();

  await functions.write("manifest", text.replace(/maxReplicas: \d+/, "maxReplicas: 3"));
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await expect(page.locator("#errors")).toContainText("A newer version is already deployed.");
  await page.getByRole("link", { name: "Take the newer version" }).click();
  await expect(page.locator("#errors")).toHaveCount(0);
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await expect(page.getByText(NOTICE)).toHaveCount(0);
  await expect(area).toHaveValue(/maxReplicas: 6/);
});
