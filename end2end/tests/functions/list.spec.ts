import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("a filter is saved under a name, is there again, and can be forgotten", async ({ page, functions }) => {
  const name = uniqueName("views");
  await functions.create(name);
  await functions.openList(`?q=${name}&sort=created`);
  await page.locator("summary", { hasText: "Views" }).click();
  await page.getByLabel("Save the present filter as").fill(`Only ${name}`);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator("summary", { hasText: `Only ${name}` })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`q=${name}&sort=created`));

  await functions.openList();
  await page.locator("summary", { hasText: "Views" }).click();
  await page.getByRole("link", { name: `Only ${name}` }).click();
  await expect(page).toHaveURL(new RegExp(`q=${name}&sort=created`));
  await expect(page.locator("#functions tbody tr")).toHaveCount(1);

  await page.locator("summary", { hasText: `Only ${name}` }).click();
  await page.getByRole("button", { name: `Forget the view Only ${name}` }).click();
  await page.locator("summary", { hasText: "Views" }).click();
  await expect(page.getByRole("link", { name: `Only ${name}` })).toHaveCount(0);
});

test("a filter turned the order round", async ({ page, functions }) => {
  await functions.create(uniqueName("order"));
  await functions.openList("?sort=created&desc=true");
  await page.getByLabel("Part of the name").fill("order");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForURL(/q=order/);
  await expect(page).toHaveURL(/sort=created/);
  await expect(page).toHaveURL(/desc=true/);
});

test("a column is left out until it is wanted again", async ({ page, functions }) => {
  await functions.create(uniqueName("columns"));
  await functions.openList();
  const head = page.getByRole("columnheader", { name: "Language" });
  await expect(head).toBeVisible();
  const choose = async (checked: boolean) => {
    await page.locator("summary", { hasText: "Columns" }).click();
    await page.getByRole("checkbox", { name: "Language" }).setChecked(checked);
    await page.getByRole("button", { name: "Show these" }).click();
  };
  await choose(false);
  await expect(head).toHaveCount(0);
  await page.reload();
  await expect(head).toHaveCount(0);
  await choose(true);
  await expect(head).toBeVisible();
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 375, height: 740 } });

  test("the list still says when a function changed", async ({ page, functions }) => {
    const name = uniqueName("narrow-list-with-a-long-name");
    await functions.create(name);
    await functions.openList(`?q=${name}`);
    await expect(page.getByRole("columnheader", { name: "Changed" })).toBeInViewport({ ratio: 1 });
  });

  test("the present tab is in view", async ({ page, functions }) => {
    const name = uniqueName("narrow-tabs");
    await functions.create(name);
    for (const tab of ["", "logs", "settings", "yaml"]) {
      await functions.open(name, tab);
      await expect(page.locator(".tabs a[aria-current]")).toBeInViewport({ ratio: 1 });
    }
  });
});
