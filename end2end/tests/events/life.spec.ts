import { ofPage, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

test("one event's page tells who got it and why others did not, and keeps it as a test", async ({ page, functions }) => {
  const name = uniqueName("listener");
  const type = `com.acme.${name}`;
  const manifest = (metadata: string, region: string) => ({
    apiVersion: "lambda.knative.io/v1alpha1",
    kind: "LambdaFunction",
    metadata: { name: metadata },
    spec: {
      source: { type: "inline", inline: { code: "def handler(event):\n    return event['x']\n" } },
      runtime: { language: "python", handler: "main.handler" },
      triggers: [{ filter: { type, region } }],
    },
  });
  const headers = await ofPage(page);
  for (const data of [manifest(name, "eu"), manifest(`${name}-us`, "us")]) {
    const created = await page.request.post(`/api/v1/tenants/${TENANT}/functions`, { data, headers });
    expect(created.status(), await created.text()).toBe(201);
  }
  await functions.open(name);
  await functions.waitUntilReady();
  const event = { specversion: "1.0", id: `${name}-1`, source: "shop", type, region: "eu", data: { x: 1 } };
  const sent = await page.request.post(`/api/v1/tenants/${TENANT}/events`, {
    data: JSON.stringify(event),
    headers: { ...headers, "content-type": "application/cloudevents+json" },
  });
  expect(sent.status(), await sent.text()).toBe(202);
  await expect(async () => {
    await page.goto(`/t/${TENANT}/events?type=${type}`);
    await page.locator("tbody tr a").first().click({ timeout: 1_000 });
    await expect(page.locator("#life")).toContainText("What was answered", { timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  const life = page.locator("#life");
  await expect(life).toContainText("1 of 2 triggers match");
  await expect(life).toContainText("no: region is “eu”");
  await expect(life.getByRole("table", { name: "Every try" })).toContainText("200");
  await page.getByLabel("Function", { exact: true }).fill(name);
  await page.getByLabel("Name of the test").fill("an order");
  await page.getByRole("button", { name: "Save as a test" }).click();
  await page.waitForURL(`**/functions/${name}/test?**`);
  await expect(page.getByText("The test is saved.")).toBeVisible();
  await expect(page.getByRole("main")).toContainText("an order");
});
