import { publish } from "../../pages/events";
import { uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("a trigger is tried out against real events, added, and calls the function", async ({ page, functions }) => {
  const name = uniqueName("bell");
  const type = `com.acme.${name}`;
  await functions.create(name);
  await functions.waitUntilReady();
  await publish(page, { id: `${name}-1`, type, data: { name: "x" } });
  await functions.open(name, "triggers");
  await expect(page.getByRole("heading", { name: "Nothing calls it by itself" })).toBeVisible();

  await page.getByLabel("Must be").first().fill(type);
  await expect(async () => {
    await page.getByRole("button", { name: "Test" }).click();
    await expect(page.locator("#test")).toContainText("1 match", { timeout: 2_000 });
    // Who takes from the queue of a new function comes a little later than the function.
    await expect(page.locator("#test")).toContainText("Events come through to this function.", { timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  await expect(page.getByLabel("Must be").first()).toHaveValue(type);
  await page.getByRole("button", { name: "Add trigger" }).click();
  await expect(page.locator(".triggers")).toContainText(`type = ${type}`);

  await publish(page, { id: `${name}-2`, type, data: { name: "y" } });
  await expect(async () => {
    await functions.open(name, "events");
    await expect(page.locator("#events tbody tr", { hasText: "Answer" }).first()).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 30_000 });
  await functions.open(name, "triggers");
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Nothing calls it by itself" })).toBeVisible();
});

test("what is no filter is told beside the fields, and nothing typed is lost", async ({ page, functions }) => {
  const name = uniqueName("deaf");
  await functions.create(name);
  await functions.open(name, "triggers");
  await page.getByLabel("Attribute", { exact: true }).first().fill("Not-A-Name");
  await page.getByLabel("Must be").first().fill("x");
  await page.getByRole("button", { name: "Add trigger" }).click();
  await expect(page.locator("#errors")).toContainText("Not-A-Name is no attribute");
  await expect(page.getByLabel("Attribute", { exact: true }).first()).toHaveValue("Not-A-Name");
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a schedule is told in words with its next five times before it is added", async ({ page, functions }) => {
      const name = uniqueName("daily");
      const shown = await (await page.request.get("/t/default/new")).text();
      const token = /name="form-token" value="(\w+)"/.exec(shown)?.[1] ?? "";
      const headers = { origin: process.env.KL_E2E_URL ?? "", "x-form-token": token };
      const data = {
        apiVersion: "lambda.knative.io/v1alpha1",
        kind: "LambdaFunction",
        metadata: { name },
        spec: { source: { type: "inline", inline: { code: "def handler(event):\n    return 1\n" } }, runtime: { language: "python" } },
      };
      expect((await page.request.post("/api/v1/tenants/default/functions", { data, headers })).status()).toBe(201);
      await functions.open(name, "triggers");
      await page.getByLabel("Schedule").fill("0 8 * * 1-5");
      await page.getByLabel("Time zone").fill("Europe/Berlin");
      await page.getByRole("button", { name: "Show the next runs" }).click();
      await expect(page.locator("#runs li")).toHaveCount(5);
      await expect(page.locator("#runs li").first()).toContainText(/08:00 CES?T/);
      await page.getByRole("button", { name: "Add schedule" }).click();
      await expect(page.locator(".triggers")).toContainText("0 8 * * 1-5");
      await page.getByLabel("Schedule").fill("0 25 * * *");
      await page.getByRole("button", { name: "Add schedule" }).click();
      await expect(page.locator("#cron-error")).toContainText("no schedule of five parts");
      await expect(page.getByLabel("Schedule")).toHaveValue("0 25 * * *");
    });
  });
}
