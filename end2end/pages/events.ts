import { type Page, expect } from "@playwright/test";
import { Functions, ofPage, TENANT } from "./functions";

const BROKEN =
  "def handler(event):\n    if event.get('mend'):\n        return 'mended'\n    raise ValueError('order %d is unknown' % event['order'])\n";

/** A function that fails unless the data says `mend`, and gives each event one try only, so that nobody has to wait. */
export async function createBroken(page: Page, name: string) {
  const data = {
    apiVersion: "lambda.knative.io/v1alpha1",
    kind: "LambdaFunction",
    metadata: { name },
    spec: {
      source: { type: "inline", inline: { code: BROKEN } },
      runtime: { language: "python", handler: "main.handler" },
      eventing: { dlq: { retryMaxAttempts: 1 } },
    },
  };
  const created = await page.request.post(`/api/v1/tenants/${TENANT}/functions`, { data, headers: await ofPage(page) });
  expect(created.status(), await created.text()).toBe(201);
  const functions = new Functions(page);
  await functions.open(name);
  await expect(async () => {
    await page.reload();
    await expect(functions.phase()).toContainText("Ready", { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
}

/** Publishes an event. */
export async function publish(page: Page, event: object) {
  const headers = { ...(await ofPage(page)), "content-type": "application/cloudevents+json" };
  const sent = await page.request.post(`/api/v1/tenants/${TENANT}/events`, { data: JSON.stringify({ specversion: "1.0", source: "shop", ...event }), headers });
  expect(sent.status(), await sent.text()).toBe(202);
}

/** Calls a function by an event. */
export async function send(page: Page, name: string, id: string, data: object) {
  await publish(page, { id, type: "io.knative.lambda.invoke.async", subject: `${TENANT}/${name}`, data });
}

/** Opens the dead letters of a function until there are so many: its first try waits for its start. */
export async function openDeadLetters(page: Page, name: string, rows: number) {
  await expect(async () => {
    await page.goto(`/t/${TENANT}/deadletters?function=${name}`);
    await expect(page.locator("#letters tbody tr")).toHaveCount(rows, { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
}
