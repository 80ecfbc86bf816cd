import type { Page } from "@playwright/test";
import { Functions, signedIn, TENANT, uniqueName } from "../../pages/functions";
import { expect, test } from "../../pages/test";

const name = uniqueName("reading");
const pages: [string, string][] = [
  ["list", `/t/${TENANT}/functions`],
  ["create", `/t/${TENANT}/new`],
  ["overview", `/t/${TENANT}/functions/${name}`],
  ["code", `/t/${TENANT}/functions/${name}/code`],
  ["test", `/t/${TENANT}/functions/${name}/test`],
  ["triggers", `/t/${TENANT}/functions/${name}/triggers`],
  ["events", `/t/${TENANT}/functions/${name}/events`],
  ["logs", `/t/${TENANT}/functions/${name}/logs`],
  ["settings", `/t/${TENANT}/functions/${name}/settings`],
  ["event types", `/t/${TENANT}/events/types`],
  ["dead letters", `/t/${TENANT}/deadletters`],
  ["members", `/t/${TENANT}/members`],
  ["audit", `/t/${TENANT}/audit`],
  ["preferences", `/t/${TENANT}/preferences`],
  ["all tenants", "/admin"],
];

test.beforeAll(async ({ browser }) => {
  const page = await signedIn(browser);
  const functions = new Functions(page);
  await functions.create(name);
  await functions.waitUntilReady();
  await page.close();
});

async function open(page: Page, path: string) {
  await page.goto(path);
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
}

/** A style sheet as a reader's own browser adds it; the page's security policy has no say in that. */
async function addStyles(page: Page, text: string) {
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }, text);
}

/** Text in controls and cells that does not fit into its box, and cannot be scrolled to either. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wanted = "main :is(button, .button, .pill, .tag, label, h1, h2, th, td, .hint, .toggle, .tabs a), header :is(a, button, summary)";
    const cut: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>(wanted)) {
      const style = getComputedStyle(element);
      // What is cut on purpose says the rest in its title or below, and is not there to be read as it is.
      if (element.closest(".clip, .sr, [hidden], .timeline, .cm-editor") || element.querySelector(".clip, .sr") || !element.checkVisibility()) continue;
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      if (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1) {
        cut.push(`${element.tagName}.${element.className}: ${element.textContent?.trim().slice(0, 40)}`);
      }
    }
    return cut;
  });
}

const sideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

test("at 400 % zoom every page fits a width of 320 px", async ({ page }) => {
  test.setTimeout(120_000);
  // What a window of 1280 by 1024 px is at that zoom (WCAG 1.4.10).
  await page.setViewportSize({ width: 320, height: 256 });
  for (const [label, path] of pages) {
    await open(page, path);
    expect.soft(await sideways(page), `${label} scrolls sideways`).toBeLessThanOrEqual(0);
    // The header and what ends a form leave room for what is between them.
    const main = page.locator("main h1").first();
    await main.scrollIntoViewIfNeeded();
    await expect.soft(main, label).toBeInViewport();
  }
});

test("at 200 % text size nothing is cut off", async ({ page }) => {
  test.setTimeout(120_000);
  for (const [label, path] of pages) {
    await open(page, path);
    await addStyles(page, "html { font-size: 200% }");
    expect.soft(await cutOff(page), label).toEqual([]);
    expect.soft(await sideways(page), `${label} scrolls sideways`).toBeLessThanOrEqual(0);
  }
});

test("with wider spacing of the text nothing is cut off", async ({ page }) => {
  test.setTimeout(120_000);
  // The distances of WCAG 1.4.12.
  const spacing = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }";
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const [label, path] of pages) {
      await open(page, path);
      await addStyles(page, spacing);
      expect.soft(await cutOff(page), `${label}, ${width} px`).toEqual([]);
      expect.soft(await sideways(page), `${label} scrolls sideways, ${width} px`).toBeLessThanOrEqual(0);
    }
  }
});

test("who wants less motion gets none", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const [label, path] of pages) {
    await open(page, path);
    const moving = await page.evaluate(() => {
      const seconds = (text: string) => Math.max(...text.split(",").map((part) => (part.includes("ms") ? parseFloat(part) / 1000 : parseFloat(part))));
      return [...document.querySelectorAll("*")].filter((element) => {
        const style = getComputedStyle(element);
        return seconds(style.transitionDuration) > 0.001 || (style.animationName !== "none" && seconds(style.animationDuration) > 0.001);
      }).map((element) => element.outerHTML.slice(0, 80));
    });
    expect.soft(moving, label).toEqual([]);
  }
  // The same elements move for everyone else, or this test would see nothing.
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await open(page, `/t/${TENANT}/functions`);
  const eased = await page.locator(".button").first().evaluate((element) => getComputedStyle(element).transitionDuration);
  expect(parseFloat(eased)).toBeGreaterThan(0);
});

test("with forced colours the present tab, the focus and every control can be seen", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await open(page, `/t/${TENANT}/functions/${name}/settings`);
  const line = (selector: string, side: "outline" | "border") =>
    page.locator(selector).first().evaluate((element, side) => {
      const style = getComputedStyle(element);
      return side === "outline" ? `${style.outlineStyle} ${style.outlineWidth}` : `${style.borderTopStyle} ${style.borderTopWidth}`;
    }, side);
  expect(await line(".tabs a[aria-current]", "outline")).toBe("solid 2px");
  expect(await line(".sections a[aria-current]", "outline")).toBe("solid 2px");
  for (const control of [".button", ".card", ".pill", "input[type=text]", "select"]) {
    expect.soft(await line(control, "border"), control).toMatch(/^\w+ [1-9]/);
    expect.soft(await line(control, "border"), control).not.toMatch(/^(none|hidden)/);
  }
  await page.getByRole("button", { name: "Save", exact: true }).focus();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  expect(await line("button:focus-visible", "outline")).toMatch(/^\w+ 2px/);
  // What was drawn with the background alone has a shape of its own.
  await open(page, `/t/${TENANT}/functions/${name}/events`);
  const drawn = page.locator(".timeline-lane :is(circle, rect):not(.wait)").first();
  const [fill, ground] = await drawn.evaluate((element) => [getComputedStyle(element).fill, getComputedStyle(document.body).backgroundColor]);
  expect(fill).not.toBe(ground);
});
