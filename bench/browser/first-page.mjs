// Bytes over the wire for the first page that a signed-in person sees, with nothing in the cache.
// Usage: node first-page.mjs <sign-in link>
import { run, signIn } from "./chromium.mjs";

await run(async (browser) => {
  const { address, state } = await signIn(browser, process.argv[2]);
  const context = await browser.newContext({ storageState: state });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const names = new Map();
  const sizes = new Map();
  session.on("Network.requestWillBeSent", ({ requestId, request }) => names.set(requestId, request.url));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
  await page.goto(address, { waitUntil: "load" });
  // The live stream never ends, so "no requests" is waited for by hand: what is asked for late counts too.
  for (let quiet = 0, seen = -1; quiet < 15; ) {
    await page.waitForTimeout(100);
    quiet = sizes.size === seen ? quiet + 1 : 0;
    seen = sizes.size;
  }
  const files = [...sizes].map(([id, bytes]) => [names.get(id), bytes]);
  const bytes = files.reduce((sum, [, size]) => sum + size, 0);
  return { bytes, files: files.length, list: files };
});
