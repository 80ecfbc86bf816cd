import { Functions, signedIn, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const name = uniqueName("shared");
const CODE = `def handler(event, context):
    for number in range(20):
        print("stock of item %d" % number)
    context.logger.error("Stock is low")
    print('{"order": "4711", "paid": true}')
    print('{"order": "4712", "paid": false}')
    return "done"
`;

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  const functions = new Functions(page);
  await functions.create(name, { code: CODE });
  await functions.waitUntilReady();
  await functions.call(name);
  await page.close();
});

test("a link to a log shows what its sender searched for and left out", async ({ page, functions, context }) => {
  await functions.open(name, "logs");
  await expect(page.locator(".log-line", { hasText: "Stock is low" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search all lines" }).fill("stock");
  await expect(page.locator(".log-found")).toContainText("of 21");
  await page.getByRole("button", { name: "Match case" }).click();
  await expect(page.locator(".log-found")).toContainText("of 20");
  await page.getByLabel("Least level").selectOption("error");
  await page.waitForURL(/find=stock&case=on&level=error/);

  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.getByRole("searchbox", { name: "Search all lines" })).toHaveValue("stock");
  await expect(other.getByRole("button", { name: "Match case" })).toHaveAttribute("aria-pressed", "true");
  await expect(other.locator(".log-found")).toContainText("of 20");
  await expect(other.getByLabel("Least level")).toHaveValue("error");
  await expect(other.locator(".log-line", { hasText: "Stock is low" })).toBeVisible();
  await expect(other.locator(".log-line", { hasText: "stock of item" })).toHaveCount(0);

  await other.getByRole("button", { name: "Show all lines" }).click();
  await expect.poll(() => other.url()).not.toContain("level");
  await other.getByRole("searchbox", { name: "Search all lines" }).fill("");
  await expect.poll(() => other.url()).not.toContain("find");
  await other.close();
});

test("a filter by a field of a line is part of the link as well", async ({ page }) => {
  await page.goto(`/t/${TENANT}/functions/${name}/logs?field=order&is=4711`);
  await expect(page.locator(".log-notice")).toContainText("order is not 4711");
  await expect(page.locator(".log-line", { hasText: "4711" })).toBeVisible();
  await expect(page.locator(".log-line", { hasText: "4712" })).toHaveCount(0);
});
