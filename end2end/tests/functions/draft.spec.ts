import { TENANT, uniqueName } from "../../pages/functions";
import { startPlatform } from "../../server";
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

test("after a function was made from its manifest, the next new one began with its name", async ({ page, functions }) => {
  const name = uniqueName("from-yaml");
  await functions.openForm();
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Edit as YAML" }).click();
  await expect(page.locator("#yaml-form")).toBeVisible();
  await page.locator("#yaml-form").getByRole("button", { name: /Create/ }).click();
  await page.waitForURL(`**/functions/${name}**`);
  // The page that says that the form was taken throws its draft away once its script runs.
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await functions.openForm();
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  await expect(page.getByText(NOTICE)).toHaveCount(0);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("");
});

test("the next person in the same browser got the drafts of the one before", async ({ page }) => {
  test.setTimeout(120_000);
  const platform = await startPlatform();
  const link = (who: string) => platform.link("--as", who);
  const name = page.getByLabel("Name", { exact: true });
  const open = async () => {
    await page.goto(`${platform.url}/t/${TENANT}/new`);
    await expect(page.locator("html[data-hydrated]")).toBeAttached();
  };
  page.on("dialog", (dialog) => void dialog.accept());
  try {
    await page.goto(await link("developer"));
    await open();
    await name.fill("of-developer");
    // The session ends without a sign-out, and someone else signs in: the draft is neither's to see nor lost.
    await page.context().clearCookies();
    await page.goto(await link("owner"));
    await open();
    await expect(page.getByText(NOTICE)).toHaveCount(0);
    await expect(name).toHaveValue("");
    await page.context().clearCookies();
    await page.goto(await link("developer"));
    await open();
    await expect(page.getByText(NOTICE)).toBeVisible();
    await expect(name).toHaveValue("of-developer");
    // Who signs out leaves nothing behind.
    await page.goto(`${platform.url}/t/${TENANT}/preferences`);
    await expect(page.locator("html[data-hydrated]")).toBeAttached();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/signed-out**");
    expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("kl:draft:")))).toEqual([]);
  } finally {
    await platform.stop();
  }
});
