import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./test";

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];

/** Nothing on the page is a violation, and it does not scroll sideways. Goes on when something is. */
export async function check(page: Page, label: string) {
  // What the page is before its scripts ran is not what people get.
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  const told = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" | ")}`);
  expect.soft(told, label).toEqual([]);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect.soft(sideways, `${label} scrolls sideways`).toBeLessThanOrEqual(0);
}

/** A test for each colour scheme and width that pages are made for. */
export function inEveryLook(title: string, body: (page: Page) => Promise<void>) {
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [320, 768, 1280]) {
      test(`${title}, ${scheme}, ${width} px`, async ({ page }) => {
        test.setTimeout(180_000);
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 900 });
        await body(page);
      });
    }
  }
}
