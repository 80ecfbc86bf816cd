// Long tasks of Chromium while the log viewer is scrolled through from end to end.
// Usage: node log-viewer.mjs <sign-in link> <address of the page> <lines> <passes>
import { run, signIn } from "./chromium.mjs";

const [link, address, lines, passes] = process.argv.slice(2);

await run(async (browser) => {
  const { state } = await signIn(browser, link);
  const context = await browser.newContext({ storageState: state, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.tasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.tasks.push(entry.duration);
    }).observe({ type: "longtask" });
  });
  await page.goto(address);
  const box = page.locator(".log-scroll");
  await box.waitFor();
  // A page begins with the newest lines and loads older ones when they are wanted; a search wants them all.
  const search = page.locator(".log-search");
  await search.fill("a text that no line has");
  const limits = page.locator(".log-limits");
  try {
    await page.waitForFunction(
      (all) => document.querySelector(".log-limits").textContent.includes(` ${all} of ${all} lines`),
      lines,
      { timeout: 120_000 },
    );
  } catch (error) {
    await page.screenshot({ path: "/tmp/viewer.png" });
    throw new Error(`not all ${lines} lines came: "${await limits.textContent()}"`, { cause: error });
  }
  await page.locator(".log-found", { hasText: "No lines match" }).waitFor({ timeout: 60_000 });
  const whileLoading = await page.evaluate(() => Math.max(0, ...window.tasks));
  await search.fill("");
  await page.waitForTimeout(1000);
  await box.hover();
  const longest = [];
  let longTasks = 0;
  let rows = 0;
  for (let pass = 0; pass < Number(passes); pass += 1) {
    await page.evaluate(() => (window.tasks.length = 0));
    // Jumps to places that were never shown, then a steady wheel, upwards and downwards.
    for (const share of [0, 0.5, 0.1, 0.9, 0.3, 0.7, 1]) {
      await box.evaluate((node, part) => (node.scrollTop = part * node.scrollHeight), share);
      await page.waitForTimeout(150);
    }
    for (const step of [-1500, 1200]) {
      for (let turn = 0; turn < 100; turn += 1) {
        await page.mouse.wheel(0, step);
        await page.waitForTimeout(16);
      }
    }
    await page.waitForTimeout(300);
    const tasks = await page.evaluate(() => window.tasks);
    longest.push(Math.max(0, ...tasks));
    longTasks += tasks.length;
    rows = Math.max(rows, await page.evaluate(() => document.querySelectorAll(".log-window > *").length));
  }
  const shown = await box.evaluate((node) => node.innerText.length);
  if (shown === 0 || rows === 0) throw new Error("the log viewer shows no line");
  longest.sort((a, b) => a - b);
  return {
    longest: longest[Math.floor(longest.length / 2)],
    whileLoading: Math.round(whileLoading),
    passes: longest.map(Math.round),
    longTasks,
    rows,
  };
});
