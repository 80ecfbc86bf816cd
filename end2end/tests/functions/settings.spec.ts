import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const CODE = `import os


def handler(event, context):
    return {"colour": os.environ.get("COLOUR"), "secret": len(os.environ.get("TOKEN", ""))}
`;

test("a variable and a secret reach the function, and the secret's value never comes back", async ({ page, functions }) => {
  const name = uniqueName("settings");
  await functions.create(name, { code: CODE });
  await functions.waitUntilReady();
  await functions.open(name, "settings");
  await page.getByLabel("Variable name").first().fill("COLOUR");
  await page.getByLabel("Value", { exact: true }).first().fill("green");
  await page.getByLabel("New secret variable").fill("TOKEN");
  await page.getByLabel("Its value").fill("hush-hush-1234");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();

  await expect(async () => {
    await functions.open(name, "test");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.locator("#answer")).toContainText('"colour": "green"', { timeout: 3_000 });
    await expect(page.locator("#answer")).toContainText('"secret": 14', { timeout: 3_000 });
  }).toPass({ timeout: 45_000 });

  for (const tab of ["settings", "yaml", "", "events"]) {
    await functions.open(name, tab);
    expect(await page.content()).not.toContain("hush-hush-1234");
  }
  // Nothing was built again: the settings are no part of the source.
  await functions.open(name, "builds");
  await expect(page.locator("tbody tr")).toHaveCount(1);
});

test("two people who edit at once do not overwrite each other in silence", async ({ page, functions, context }) => {
  const name = uniqueName("both");
  await functions.create(name);
  await functions.waitUntilReady();
  await functions.open(name, "settings");
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByLabel("Variable name").first().fill("FIRST");
  await other.getByLabel("Value", { exact: true }).first().fill("1");
  await other.getByRole("button", { name: "Save", exact: true }).click();
  await expect(other.getByText("Saved.")).toBeVisible();
  await page.getByLabel("Variable name").first().fill("SECOND");
  await page.getByLabel("Value", { exact: true }).first().fill("2");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator("#errors")).toContainText(/changed|newer/i);
  await expect(page.getByLabel("Variable name").first()).toHaveValue("SECOND");
  await other.close();
});

test("one wrong number loses nothing else that was typed", async ({ page, functions }) => {
  const name = uniqueName("typed");
  await functions.create(name);
  await functions.waitUntilReady();
  await functions.open(name, "settings");
  await page.getByLabel("Variable name").first().fill("COLOUR");
  await page.getByLabel("Value", { exact: true }).first().fill("green");
  await page.getByLabel("New secret variable").fill("TOKEN");
  await page.getByLabel("Its value").fill("hush-hush-1234");
  await page.getByLabel("Most instances").fill("");
  await page.getByLabel("Memory, at most").fill("300Mi");
  await page.getByLabel("Time-out").fill("7m");
  await page.locator("#settings-form").evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator("#errors")).toBeFocused();
  await expect(page.locator("#max_replicas-error")).toContainText("whole number");
  await expect(page.getByLabel("Variable name").first()).toHaveValue("COLOUR");
  await expect(page.getByLabel("Value", { exact: true }).first()).toHaveValue("green");
  await expect(page.getByLabel("Memory, at most")).toHaveValue("300Mi");
  await expect(page.getByLabel("Time-out")).toHaveValue("7m");
  // A secret's name comes back, its value never does.
  await expect(page.getByLabel("New secret variable").first()).toHaveValue("TOKEN");
  await expect(page.getByLabel("Its value").first()).toHaveValue("");
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("hush-hush-1234");
  await page.getByLabel("Most instances").fill("4");
  await page.getByLabel("Its value").first().fill("hush-hush-1234");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.getByLabel("Most instances")).toHaveValue("4");
});

test("what is wrong with a secret was said in no field", async ({ page, functions }) => {
  const name = uniqueName("badsecret");
  await functions.create(name);
  await functions.open(name, "settings");
  await page.getByLabel("New secret variable").fill("TOKEN");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const summary = page.locator("#errors");
  await expect(summary).toBeFocused();
  const field = page.getByLabel("New secret variable").first();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(/Write a value/);
  await summary.getByRole("link").click();
  await expect(field).toBeFocused();
});

test("Settings does not send people to Settings", async ({ page, functions }) => {
  const name = uniqueName("hint");
  await functions.create(name);
  await functions.open(name, "settings");
  await expect(page.locator("#env")).not.toContainText("go into Settings");
});
