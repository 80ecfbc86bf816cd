import { type Browser, expect, type Page } from "@playwright/test";

/** Tenant that the first start makes. */
export const TENANT = "default";

/** A page of the administrator, for what a spec needs before its tests. */
export function signedIn(browser: Browser): Promise<Page> {
  return browser.newPage({ baseURL: process.env.KL_E2E_URL, storageState: "test-results/signed-in.json" });
}

/** Headers of a request that a page sends: where it comes from, and the token of its session. */
export async function ofPage(page: Page): Promise<Record<string, string>> {
  const shown = await (await page.request.get(`/t/${TENANT}/preferences`)).text();
  const token = /name="x-form-token" content="(\w+)"/.exec(shown)?.[1] ?? "";
  return { origin: process.env.KL_E2E_URL ?? "", "x-form-token": token };
}

/** A name that no other spec uses. */
export const uniqueName = (stem: string) => `${stem}-${Math.random().toString(36).slice(2, 8)}`;

/** Pages of functions: the list, the create form, and the tabs of one function. */
export class Functions {
  constructor(readonly page: Page) {}

  async openList(query = "") {
    await this.page.goto(`/t/${TENANT}/functions${query}`);
  }

  async openForm() {
    await this.page.goto(`/t/${TENANT}/new`);
  }

  async open(name: string, tab = "") {
    await this.page.goto(`/t/${TENANT}/functions/${name}${tab && `/${tab}`}`);
  }

  /** Creates a function from the sample that the form offers, or from `code`. */
  async create(name: string, options: { language?: "Python" | "Node.js"; code?: string } = {}) {
    await this.openForm();
    await this.page.getByLabel("Name", { exact: true }).fill(name);
    const language = options.language ?? "Python";
    await this.page.getByRole("radio", { name: new RegExp(`^${language}`) }).check({ force: true });
    if (options.code !== undefined) await this.write(language === "Python" ? "code_python" : "code_nodejs", options.code);
    await this.page.getByRole("button", { name: "Create and build" }).click();
    await this.page.waitForURL(`**/functions/${name}**`);
  }

  /** Replaces the text of an editor; of the plain text area where no editor comes. */
  async write(field: string, text: string) {
    const area = this.page.locator(`.code-area:has(textarea[name="${field}"])`);
    const editor = area.locator(".cm-content");
    const there = await editor.waitFor({ timeout: 10_000 }).then(() => true, () => false);
    if (!there) return area.locator("textarea").fill(text);
    await editor.click();
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.page.keyboard.insertText(text);
    await expect(area.locator("textarea")).toHaveValue(text);
  }

  /** The phase in the head of the function's pages. */
  phase() {
    return this.page.locator("#function-head .pill");
  }

  async waitUntilReady() {
    await expect(this.phase()).toContainText("Ready", { timeout: 45_000 });
  }

  /** Sends what the Test tab offers, and waits for its answer. */
  async call(name: string) {
    await this.open(name, "test");
    await this.page.getByRole("button", { name: "Send" }).click();
    await expect(this.page.locator("#answer")).toContainText("200");
  }
}
