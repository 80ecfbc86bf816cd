import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test.use({ javaScriptEnabled: false });

test("a function is made from a Git repository, and says what is wrong with its URL", async ({ page, functions }) => {
  const name = uniqueName("git");
  await page.goto("/t/default/new");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByText("Git repository", { exact: true }).click();
  await page.getByLabel("URL").fill("https://me:token@git.example/code");
  await page.getByRole("button", { name: "Create and build" }).click();
  await expect(page.locator("#git_url-error")).toContainText("credentials_in_url");
  await expect(page.getByLabel("URL")).toHaveValue("https://me:token@git.example/code");

  // Nothing is fetched from this machine: the build fails, and says so.
  await page.getByLabel("URL").fill("https://127.0.0.1/code");
  await page.getByLabel("Folder").fill("functions/hello");
  await page.getByRole("button", { name: "Create and build" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(functions.phase()).toContainText("Failed", { timeout: 1_000 });
  }).toPass({ timeout: 45_000 });
  await expect(page.getByText("address_not_public").first()).toBeVisible();

  await functions.open(name, "code");
  await expect(page.getByLabel("Folder")).toHaveValue("functions/hello");
  await page.getByLabel("Branch, tag or commit").fill("a b");
  await page.getByRole("button", { name: "Deploy" }).click();
  await expect(page.locator("#git_ref-error")).toContainText("Write the name of a branch");
});

test("access to a source is tried before there is a function, and the answer says what is wrong", async ({ page }) => {
  await page.goto("/t/default/new");
  await page.getByText("Git repository", { exact: true }).click();
  await page.getByLabel("URL").fill("https://127.0.0.1/code");
  await page.getByLabel("Secret", { exact: false }).first().fill("no-such-secret");
  await page.getByRole("button", { name: "Test access" }).click();
  const answer = page.locator("#access");
  await expect(answer).toContainText("A build can not fetch this.");
  await expect(answer).toContainText("There is no Secret no-such-secret");
  // What was typed is still there.
  await expect(page.getByLabel("URL")).toHaveValue("https://127.0.0.1/code");
  await page.getByLabel("Secret", { exact: false }).first().fill("");
  await page.getByRole("button", { name: "Test access" }).click();
  await expect(answer).toContainText("address_not_public");

  await page.locator(".segments").getByText("Bucket").click();
  await page.getByRole("button", { name: "Test access" }).click();
  await expect(page.locator("#bucket_name-error")).not.toBeEmpty();
});
