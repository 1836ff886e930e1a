import type { ApiKeyIdentity } from '../domain/api-key-identity.js';

/** What `requireBearerAuth` of the official SDK sets as `req.auth`; tools get it as `extra.authInfo`. */
export interface McpAuthInfo {
  /** What the client has sent. */
  readonly token: string;
  /** The id of the key. */
  readonly clientId: string;
  /** The scopes of the app that the key holds, without wildcards. */
  readonly scopes: string[];
  /** Epoch seconds. */
  readonly expiresAt: number;
  readonly resource?: URL;
  readonly extra: { readonly apiKey: ApiKeyIdentity };
}

/** What an AuthInfo is made from. */
export interface McpCaller {
  readonly apiKey: ApiKeyIdentity;
  /** Empty where keys are hidden from the app. */
  readonly token: string;
  readonly scopes: ReadonlySet<string>;
  /** When the key, the token or the secret that was sent ends; `null`: never, or not known yet. */
  readonly endsAt: Date | null;
}

/**
 * The SDK refuses an AuthInfo without an end. A key may have none; what holds true for a time is that it is valid, which no
 * process believes for longer than a lease without looking again.
 *
 * @param now - epoch milliseconds
 */
export function createMcpAuthInfo(
  { apiKey, token, scopes }: McpCaller,
  resource: string | null,
  now: number,
  leaseSeconds: number,
): McpAuthInfo {
  return {
    token,
    clientId: apiKey.id,
    scopes: [...scopes],
    expiresAt: Math.floor((apiKey.expiresAt?.getTime() ?? now + leaseSeconds * 1000) / 1000),
    ...(resource === null ? {} : { resource: new URL(resource) }),
    extra: { apiKey },
  };
}
