// Debian's Chromium, driven by the Playwright of end2end.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../end2end/package.json", import.meta.url));
const { chromium } = require("@playwright/test");

/** A browser of its own; `work` gets it, and its answer is printed as JSON. */
export async function run(work) {
  const browser = await chromium.launch({
    executablePath: process.env.KL_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  try {
    console.log(JSON.stringify(await work(browser)));
  } finally {
    await browser.close();
  }
}

/** Signs in by the platform's link; the cookies of the session. */
export async function signIn(browser, link) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForURL("**/functions");
  const address = page.url();
  const state = await context.storageState();
  await context.close();
  return { address, state };
}
