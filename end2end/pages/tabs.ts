import type { Page } from "@playwright/test";

/** Playwright's pages are all in view; this one says that someone looks at another tab, or at it again. */
export async function look(page: Page, where: "away" | "back") {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, where === "away");
}
