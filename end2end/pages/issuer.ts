import { createServer, type Server } from "node:http";
import type { Page } from "@playwright/test";
import Provider from "oidc-provider";

/** A real identity provider, on a port of its own. */
export interface Issuer {
  url: string;
  /** Lets the platform at this address in; to be called before anyone signs in. */
  serve(platform: string): void;
  /** Its groups, by person. */
  groups: Record<string, string[]>;
  stop(): Promise<void>;
}

export const CLIENT = { id: "lambda", secret: "a-secret-of-the-test" };

export async function startIssuer(): Promise<Issuer> {
  let answer: ReturnType<Provider["callback"]> | undefined;
  const server: Server = createServer((request, response) => answer?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const groups: Record<string, string[]> = {};
  const serve = (platform: string) => {
    const provider = new Provider(url, {
      clients: [{
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${platform}/auth/callback`],
        post_logout_redirect_uris: [`${platform}/signed-out?reason=out`],
        backchannel_logout_uri: `${platform}/auth/backchannel-logout`,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      }],
      pkce: { required: () => true },
      scopes: ["openid", "profile", "email", "groups"],
      claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
      // Groups stand in the identity token itself, as most providers are set up.
      conformIdTokenClaims: false,
      findAccount: (_, id) => ({
        accountId: id,
        claims: () => ({ sub: id, name: id, email: `${id}@example.org`, email_verified: true, groups: groups[id] ?? [] }),
      }),
      issueRefreshToken: () => Promise.resolve(true),
      features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
      // The platform of the test is on this machine, which the provider's own client refuses to reach.
      fetch: (target: URL | string, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) => fetch(target, options),
      cookies: { keys: ["of-the-test"] },
    });
    answer = provider.callback();
  };
  const stop = () => new Promise<void>((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
  return { url, serve, groups, stop };
}

/** At the provider: name, any password, consent. */
export async function signInAt(page: Page, name: string) {
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}
