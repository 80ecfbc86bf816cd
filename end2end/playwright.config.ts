import { defineConfig } from "@playwright/test";

// Debian's Chromium: the tests never download a browser.
const chromium = {
  executablePath: process.env.KL_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  // Two cores: one for the browser, one for the platform.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: !!process.env.CI,
  // What passes only at the second try is told as flaky, and is to be mended; as in .config/nextest.toml.
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"]],
  globalSetup: "./server.ts",
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 800 },
    launchOptions: chromium,
    trace: "retain-on-failure",
  },
});
