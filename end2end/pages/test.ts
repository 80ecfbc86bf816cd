import { test as base, expect } from "@playwright/test";
import { STORAGE_STATE } from "../server";
import { Functions } from "./functions";

/** Signed in, against the shared platform. */
export const test = base.extend<{ functions: Functions }>({
  baseURL: async ({}, use) => use(process.env.KL_E2E_URL ?? ""),
  storageState: STORAGE_STATE,
  functions: async ({ page }, use) => use(new Functions(page)),
});

export { expect };
