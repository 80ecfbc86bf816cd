import { type Page } from "@playwright/test";
import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

/** What the page fetches again comes as if another version of the platform had written it. */
async function deployOther(page: Page) {
  await page.route(/\/t\/.*/, async (route) => {
    if (route.request().resourceType() !== "fetch") return route.fallback();
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(/boot\.[0-9a-f]+\.js/, "boot.0000000000.js") });
  });
}

test("a page that only shows something is loaded again once for a newer version", async ({ page, functions, context }) => {
  await functions.openList();
  await expect(page.locator(".live")).toContainText("Live");
  let loads = 0;
  page.on("load", () => loads++);
  await deployOther(page);
  const other = await context.newPage();
  await new (functions.constructor as typeof import("../../pages/functions").Functions)(other).create(uniqueName("newer"));
  await expect.poll(() => loads).toBe(1);
  await expect(page.locator(".live")).toContainText("Live");
  await other.close();
  expect(loads).toBe(1);
});

test("where something can be typed, the person decides, and nothing typed is lost", async ({ page, functions }) => {
  test.setTimeout(180_000);
  const name = uniqueName("typing");
  await functions.create(name);
  await functions.waitUntilReady();
  await functions.open(name, "settings");
  await expect(page.locator(".live")).toContainText("Live");
  await page.getByLabel("Variable name").first().fill("KEPT");
  await deployOther(page);
  // Its last instance goes after half a minute, which changes the head of the page.
  await expect(page.locator("#new-version")).toBeVisible({ timeout: 90_000 });
  page.on("dialog", (dialog) => void dialog.accept());
  await page.locator("#new-version").getByRole("link", { name: "Load again" }).click();
  await expect(page.getByLabel("Variable name").first()).toHaveValue("KEPT");
});
