import type { ApiKey } from '../domain/api-key-view.js';
import type { NewCredits } from '../domain/credits.js';
import type { JsonObject } from '../domain/json.js';
import type { RateLimit } from '../domain/rate-limit.js';
import type { RevocationReason } from '../domain/revocation-reason.js';
import type { KeyFields } from '../domain/key-field-table.js';

/** What a key can be granted: a scope of the catalogue, or a wildcard over some. */
export type GrantableScope<S extends string> = S | '*' | `${string}:*`;

/** What a new key is made from. */
export interface NewKey<S extends string, F extends string = never> {
  /** Whose key it is, in the app's own words; up to 200 characters. */
  readonly ownerId: string;
  /** One line for people, up to 100 characters. */
  readonly name: string;
  /** `[]` is a key that may only go where any key may. To be left out only where the policy says what that means. */
  readonly scopes?: readonly GrantableScope<S>[] | undefined;
  readonly description?: string | null | undefined;
  /** A `Date` or an RFC 3339 time in the future; absent or `null`: never. */
  readonly expiresAt?: Date | string | null | undefined;
  /** Addresses and networks (`10.0.0.0/8`) the key may be used from; absent or `null`: any. */
  readonly ipAllowlist?: readonly string[] | null | undefined;
  /** Data of the app, up to 4 KiB of JSON; handlers see it on `req.apiKey.metadata`. */
  readonly metadata?: JsonObject | undefined;
  /** Flags of the configured list. */
  readonly features?: readonly F[] | undefined;
  /** Windows in which requests are counted; `[]` for none. Default: what the policy says. */
  readonly rateLimits?: readonly RateLimit[] | undefined;
  /** What requests are paid for with; absent or `null`: with nothing. */
  readonly credits?: NewCredits | null | undefined;
  /** Up to 20 words to find keys by, each one line of up to 50 characters without commas. */
  readonly tags?: readonly string[] | undefined;
  /** How long access tokens of the key live, 60 to 86,400 seconds; absent or `null`: as long as is configured. */
  readonly tokenLifetimeSeconds?: number | null | undefined;
  /** Default: the environment of the instance. */
  readonly environment?: string | undefined;
  /** `hmac` lets the secret sign requests; for that it is kept, sealed under the pepper. */
  readonly signing?: 'hmac' | undefined;
}

/** What a new key is made from that is proven by a public key. */
export type NewKeyWithPublicKey<S extends string, F extends string = never> = Omit<
  NewKey<S, F>,
  'signing'
> & {
  /** Ed25519, or RSA with 2048 to 8192 bits, as PEM. */
  readonly publicKey: string;
};

/** What can be changed of a key; what is absent stays as it is. */
export type KeyChanges<S extends string, F extends string = never> = Partial<
  Pick<NewKey<S, F>, keyof KeyFields>
> & { readonly enabled?: boolean | undefined };

/** A key and its token, which is shown this once. */
export type CreatedKey = ApiKey & { readonly key: string };

/** A key after a change. */
export type ChangedKey = ApiKey & {
  /** `null` when every process sees the change already; else when all do at the latest. */
  readonly effectiveBy: Date | null;
};

/** How long the secrets before a rotation live on. */
export interface RotationGrace {
  /** Up to 30 days, and never longer than the key. Default: 0, they end at once. */
  readonly gracePeriodSeconds?: number | undefined;
  /** Whether the period begins when the new secret is used for the first time. Default: `false`, it begins now. */
  readonly graceStartsOnFirstUse?: boolean | undefined;
}

/** Why a key is revoked. */
export interface RevocationNote {
  /** In the words of RFC 5280. */
  readonly reason?: RevocationReason | undefined;
  /** In your own words, up to 500 characters. */
  readonly comment?: string | null | undefined;
}
