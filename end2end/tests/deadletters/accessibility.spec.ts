import { check, inEveryLook } from "../../pages/axe";
import { createBroken, openDeadLetters, send } from "../../pages/events";
import { signedIn, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const name = uniqueName("axedead");
const pages: [string, string][] = [];

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  await createBroken(page, name);
  for (const n of [1, 2]) await send(page, name, `${name}-a-rather-long-id-${n}`, { order: n });
  await openDeadLetters(page, name, 2);
  const letter = await page.locator("#letters tbody tr a").first().getAttribute("href");
  await page.goto(`/t/${TENANT}/deadletters/replay?function=${name}`);
  await page.getByRole("button", { name: "Begin the replay" }).click();
  await page.waitForURL(/deadletters\/replays\//);
  const job = new URL(page.url()).pathname;
  await expect(page.locator("#died-again")).toHaveText("2", { timeout: 30_000 });
  await openDeadLetters(page, name, 2);
  const again = await page.locator("#letters tbody tr a").first().getAttribute("href");
  await page.goto(`/t/${TENANT}/events?q=${name}-a-rather-long-id&type=invoke.async`);
  const event = await page.locator("#events tbody tr a").first().getAttribute("href");
  expect(letter).not.toBe(again);
  pages.push(
    ["list", `/t/${TENANT}/deadletters?function=${name}`],
    ["one", again ?? ""],
    ["edit", `${again}/edit`],
    ["plan", `/t/${TENANT}/deadletters/replay?function=${name}`],
    ["nothing chosen", `/t/${TENANT}/deadletters/replay?chosen=only`],
    ["job", job],
    ["discard", `/t/${TENANT}/deadletters/discard?function=${name}`],
    ["an event's life", event ?? ""],
  );
  await page.close();
});

inEveryLook("no page about dead letters has a violation", async (page) => {
  for (const [label, path] of pages) {
    await page.goto(path);
    await check(page, label);
  }
});
