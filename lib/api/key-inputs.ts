import type { GrantableScope } from '../domain/grantable-scope.js';
import type { NewCredits } from '../domain/credits.js';
import type { RateLimit } from '../domain/rate-limit.js';
import type { RevocationReason } from '../domain/revocation-reason.js';
import type { KeyFields } from '../domain/key-field-table.js';
import type { ImportProblem, ImportProgress } from '../manage/import-keys.js';
import type { UsageFilter } from '../manage/get-key-usage.js';

/**
 * Fields of keys that are given as they are stored, each of them optional; the others have types of their own here. Only what
 * describes a key may be `undefined`: what restricts it must be left out to do without it.
 */
type GivenAsStored = Partial<Pick<KeyFields, 'ipAllowlist' | 'tokenLifetimeSeconds'>> & {
  readonly [K in 'description' | 'metadata' | 'tags']?: KeyFields[K] | undefined;
};

/** The single resources that a key is bound to, by kind. */
export type BoundResources<R extends string> = [R] extends [never]
  ? never
  : { readonly [K in R]?: readonly string[] };

/** What an owner creates a key from: the owner is the actor. */
export interface NewOwnKey<
  S extends string,
  F extends string = never,
  R extends string = never,
> extends GivenAsStored {
  /** The owner's own id; the default. */
  readonly ownerId?: string | undefined;
  /** One line for people, up to 100 characters. */
  readonly name: string;
  /** `[]`: the key is allowed only where no scope is required. May be left out where the policy has `omittedScopes`. */
  readonly scopes?: readonly GrantableScope<S>[];
  /** A time in the future; absent or `null`: never. */
  readonly expiresAt?: Date | null;
  /**
   * The single resources that the key is bound to: 1 to 100 ids of a kind, 1 to 64 characters each. A kind that is left out is
   * not restricted; absent or `null`: nothing is.
   */
  readonly resources?: BoundResources<R> | null;
  /** Flags of the configured list. */
  readonly features?: readonly F[];
  /** Windows that requests count against; `[]` for none. Default: `defaultRateLimits` of the policy. */
  readonly rateLimits?: readonly RateLimit[];
  /** The balance that requests are paid from; absent or `null`: requests cost nothing. */
  readonly credits?: NewCredits | null;
  /** Default: the environment of the instance. */
  readonly environment?: string;
  /** `hmac` lets the secret sign requests; for that it is stored, sealed under the pepper. Not beside `publicKey`. */
  readonly signing?: 'hmac';
}

/** What a new key is created from. */
export interface NewKey<
  S extends string,
  F extends string = never,
  R extends string = never,
> extends NewOwnKey<S, F, R> {
  /** Whose key it is, in the app's own words; up to 200 characters. */
  readonly ownerId: string;
}

/** A public key in the place of a secret; `P` is inferred, and decides whether there is a token in the result. */
export interface PublicKeyInput<P extends string> {
  /** Ed25519, or RSA with 2048 to 8192 bits, as PEM. The key is then proven by signatures and has no secret. */
  readonly publicKey?: P;
}

/** A key with a public key has no secret that could sign. */
export interface SigningInput<P extends string> {
  readonly signing?: [P] extends [never] ? 'hmac' : never;
}

/** Which key it is about. */
export interface KeyReference {
  /** The `id` of the key; not its token. */
  readonly id: string;
}

/** Which key to change, and what; fields that are left out stay as they are. */
export interface KeyUpdate<S extends string, F extends string = never, R extends string = never>
  extends KeyReference, Partial<Pick<NewKey<S, F, R>, keyof KeyFields>> {
  /** `false` has the key refused until it is enabled again. */
  readonly enabled?: boolean;
}

/** Which key gets a new secret or public key, and how long those before it live on. */
export interface KeyRotation extends KeyReference {
  /** Up to 30 days, and never longer than the key. Default: 0, the old secret is refused at once. */
  readonly gracePeriodSeconds?: number | undefined;
  /** Whether the period begins when the new secret is used for the first time. Default: `false`, it begins now. */
  readonly graceStartsOnFirstUse?: boolean | undefined;
}

/** Why keys are revoked. */
export interface RevocationNote {
  /** One of the words of RFC 5280. */
  readonly reason?: RevocationReason | undefined;
  /** In your own words, up to 500 characters. */
  readonly comment?: string | null | undefined;
}

/** Which key is revoked, and why. */
export interface KeyRevocation extends KeyReference, RevocationNote {}

/** Whose keys are revoked, and why. */
export interface OwnerRevocation extends RevocationNote {
  readonly ownerId: string;
}

/** Of which key the use is shown, and of which time. */
export interface KeyUsageFilter extends KeyReference, UsageFilter {}

/** One key of another system, as it is imported. Times are `Date`s, or RFC 3339 strings from a file. */
export interface ImportedRow<
  S extends string,
  F extends string = never,
  R extends string = never,
> extends Omit<NewKey<S, F, R>, 'expiresAt' | 'signing'> {
  /** The key as its clients send it. Either this or `hash`. */
  readonly key?: string | undefined;
  /** What the other system has stored of it: hexadecimal, base64 or base64url, or a slow hash. */
  readonly hash?: string | undefined;
  /** Of a format with `idOf`: what that returns for the key. */
  readonly visiblePart?: string | undefined;
  /** Of a format with fast hashes and `idOf`: the salt that was put before the secret, as it was hashed. Default: none. */
  readonly saltBefore?: string | undefined;
  /** The salt that was put behind it. Default: none. */
  readonly saltAfter?: string | undefined;
  /** May be in the past: the key is refused as expired. Absent or `null`: never, or as late as the policy allows. */
  readonly expiresAt?: Date | string | null;
  /** `false`: the key is refused until it is enabled. */
  readonly enabled?: boolean;
  /** Default: now. */
  readonly createdAt?: Date | string | undefined;
  /** Default: `null`, never. */
  readonly lastUsedAt?: Date | string | null | undefined;
  /** At most the last 4 characters of the key, which lists show. Default: none. */
  readonly lastFour?: string | undefined;
}

/** What is imported. */
export interface KeyImport<S extends string, F extends string = never, R extends string = never> {
  /** The name of one of `foreignFormats`. */
  readonly format: string;
  /** An array, or anything else that can be iterated, such as a stream of objects. It is read once, row by row. */
  readonly rows: Iterable<ImportedRow<S, F, R>> | AsyncIterable<ImportedRow<S, F, R>>;
  /**
   * Checks every row and writes nothing.
   *
   * @default false
   */
  readonly dryRun?: boolean | undefined;
  /** Called after every few rows. When it throws, the import stops; what was imported stays. */
  readonly onProgress?: ((progress: ImportProgress) => unknown) | undefined;
  /**
   * Called with every problem, also with those beyond the first 1,000 that the report lists. When it throws, the import stops.
   */
  readonly onProblem?: ((problem: ImportProblem) => unknown) | undefined;
}
