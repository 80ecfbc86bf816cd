import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";

/** A port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** A platform of its own: the real binary on a new data folder. */
export interface Platform {
  url: string;
  dataDir: string;
  signInLink: string;
  /** Another sign-in link, as the command beside the running server prints it. */
  link(...words: string[]): Promise<string>;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** With more settings, as variables of the environment. */
export async function startPlatform(more: Record<string, string> = {}): Promise<Platform> {
  const dataDir = mkdtempSync(join(tmpdir(), "kl-e2e-"));
  const binary = process.env.KL_BINARY ?? "../target/debug/knative-lambda";
  const [listen, gateway, cluster] = [await freePort(), await freePort(), await freePort()];
  let child: ChildProcess;
  const start = () =>
    new Promise<string>((resolve, reject) => {
      child = spawn(binary, ["server"], {
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          KL_LISTEN: `127.0.0.1:${listen}`,
          KL_GATEWAY_LISTEN: `127.0.0.1:${gateway}`,
          KL_CLUSTER_LISTEN: `127.0.0.1:${cluster}`,
          KL_DATA_DIR: dataDir,
          ...more,
        },
        stdio: ["ignore", "pipe", process.env.KL_E2E_LOG ? "inherit" : "ignore"],
      });
      let text = "";
      child.once("exit", (code) => reject(new Error(`the platform ended with ${code}: ${text}`)));
      child.stdout?.on("data", (chunk) => {
        text += chunk;
        const link = /https?:\/\/\S+/.exec(text);
        if (link) resolve(link[0]);
      });
    });
  const end = (signal: NodeJS.Signals) =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", () => resolve());
      child.kill(signal);
    });
  return {
    url: `http://127.0.0.1:${listen}`,
    dataDir,
    signInLink: await start(),
    link: (...words) =>
      new Promise((resolve, reject) => {
        const all = ["sign-in-link", ...words, "--data-dir", dataDir, "--public-url", `http://127.0.0.1:${listen}`];
        execFile(binary, all, { env: { PATH: process.env.PATH } }, (error, text) => (error ? reject(error) : resolve(text.trim())));
      }),
    kill: () => end("SIGKILL"),
    startAgain: async () => void (await start()),
    stop: async () => {
      await end("SIGTERM");
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Where the signed-in browser state of the shared platform is kept. */
export const STORAGE_STATE = "test-results/signed-in.json";

/** One platform for all specs; each works on functions of its own. */
export default async function globalSetup() {
  const platform = await startPlatform();
  process.env.KL_E2E_URL = platform.url;
  const browser = await chromium.launch({
    executablePath: process.env.KL_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  const page = await browser.newPage();
  await page.goto(platform.signInLink);
  await page.waitForURL("**/functions");
  await page.context().storageState({ path: STORAGE_STATE });
  await browser.close();
  return () => platform.stop();
}
