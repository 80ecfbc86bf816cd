import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type Browser, type Page } from "@playwright/test";
import { CLIENT, signInAt, startIssuer, type Issuer } from "../../pages/issuer";
import { startPlatform, type Platform } from "../../server";

let issuer: Issuer;
let platform: Platform;

test.beforeAll(async () => {
  issuer = await startIssuer();
  platform = await startPlatform({
    KL_OIDC_ISSUER: issuer.url,
    KL_OIDC_CLIENT_ID: CLIENT.id,
    KL_OIDC_CLIENT_SECRET: CLIENT.secret,
    KL_OIDC_SCOPES: "openid profile email groups",
    KL_OIDC_ADMIN_GROUPS: "platform-team",
  });
  issuer.serve(platform.url);
  Object.assign(issuer.groups, { ada: ["payments"], root: ["platform-team"], eve: [] });
  const token = readFileSync(join(platform.dataDir, "admin-token"), "utf8").trim();
  const made = await fetch(`${platform.url}/api/v1/tenants`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({
      apiVersion: "lambda.knative.io/v1alpha1", kind: "Tenant", metadata: { name: "acme" },
      spec: { members: [{ group: "payments", role: "developer" }] },
    }),
  });
  expect(made.status).toBe(201);
});
test.afterAll(async () => {
  await platform.stop();
  await issuer.stop();
});

/** A browser of someone's own, which never waits for fonts of the provider's pages. */
async function browserOf(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  await context.route(/googleapis/, (route) => route.abort());
  return context.newPage();
}

test("people sign in with the provider, come back to their page, and see their tenants only", async ({ browser }) => {
  const ada = await browserOf(browser);
  const other = await ada.context().newPage();
  await ada.goto(`${platform.url}/t/acme/events`);
  // Another tab begins an attempt of its own meanwhile; neither disturbs the other.
  await other.goto(`${platform.url}/t/acme/functions`);
  await signInAt(ada, "ada");
  await expect(ada).toHaveURL(`${platform.url}/t/acme/events`);
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("Events");
  await other.goto(`${platform.url}/t/acme/functions`);
  await expect(other.getByRole("link", { name: "New function" }).first()).toBeVisible();
  expect((await ada.goto(`${platform.url}/t/default/functions`))?.status()).toBe(404);
  expect((await ada.goto(`${platform.url}/admin`))?.status()).toBe(403);

  const root = await browserOf(browser);
  await root.goto(`${platform.url}/admin`);
  await signInAt(root, "root");
  await expect(root.getByRole("heading", { level: 1 })).toHaveText("All tenants");

  const eve = await browserOf(browser);
  await eve.goto(platform.url);
  await signInAt(eve, "eve");
  await expect(eve.getByRole("heading", { level: 1 })).toHaveText("You are in no tenant yet");
  await expect(eve.locator("main")).toContainText("oidc:eve");
});

test("sign-out goes on to the provider and comes back; the provider's own sign-out ends the session here", async ({ browser }) => {
  const ada = await browserOf(browser);
  await ada.goto(`${platform.url}/t/acme/preferences`);
  await signInAt(ada, "ada");
  await ada.getByRole("button", { name: "Sign out" }).click();
  await ada.getByRole("button", { name: /Yes, sign me out/ }).click();
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("You are signed out");
  await ada.goto(`${platform.url}/t/acme/functions`);
  await expect(ada.getByPlaceholder("Enter any login")).toBeVisible();

  await signInAt(ada, "ada");
  await expect(ada).toHaveURL(`${platform.url}/t/acme/functions`);
  await ada.goto(`${issuer.url}/session/end`);
  await ada.getByRole("button", { name: /Yes, sign me out/ }).click();
  await expect(ada.getByText("Sign-out Success").first()).toBeVisible();
  await ada.goto(`${platform.url}/t/acme/functions`);
  await expect(ada.getByRole("heading", { level: 1 })).toHaveText("Your session has ended");
});

test("a provider that is away is told in words, and those who are signed in go on", async ({ browser }) => {
  const ada = await browserOf(browser);
  await ada.goto(`${platform.url}/t/acme/functions`);
  await signInAt(ada, "ada");
  await expect(ada).toHaveURL(`${platform.url}/t/acme/functions`);
  await issuer.stop();
  await ada.reload();
  await expect(ada.getByRole("link", { name: "New function" }).first()).toBeVisible();
});
