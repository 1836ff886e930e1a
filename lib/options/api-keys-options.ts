import type { ExpiryNoticesOption } from './expiry-notices-option.js';
import type { CredentialSource } from '../http/credential-source.js';
import type { Clock } from '../ports/clock.js';
import type { FailureBudgetOptions } from '../verify/failure-budget.js';
import type { LocalCacheLimits } from '../verify/local-cache.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { RedisClient } from '../redis/redis-client.js';
import type { PolicyOption } from './policy-option.js';
import type { ResolvedSignaturesOption, SignaturesOption } from './signatures-option.js';
import type { ResolvedTokensOption, TokensOption } from './tokens-option.js';
import type { PgPool } from '../sql/postgres/postgres-pool.js';
import type { RateLimit } from '../domain/rate-limit.js';
import type { LimiterOutage, LimitOptions, OwnerCeilingsOption } from './limit-options.js';

/** Options of {@link createApiKeys}. Options that are `undefined`, as unset environment variables are, count as absent. */
export interface ApiKeysOptions<S extends string = string, F extends string = string> {
  /** The first part of every key, 2 to 20 lower-case letters, digits and `_`: your product's name, for example `acme`. */
  readonly prefix: string;
  /** Every scope that a route can require, with a sentence for each: `{ 'orders:read': 'Read orders' }`. */
  readonly scopes: Readonly<Record<S, string>>;
  /**
   * Flags that keys can be given, with a sentence for each: `{ block_trades: 'May place block trades' }`. A route asks for
   * one with `requireApiKey(scope, { feature })`.
   *
   * @default {} - no features
   */
  readonly features?: Readonly<Record<F, string>> | undefined;
  /** What holds for all keys that are made: how many an owner can have, what they get unless it is said. */
  readonly policy?: PolicyOption | undefined;
  /**
   * Says when the ends of keys are near: `key.expiring` in the audit trail, and a call of `notify`. `{}` says it 14 and 3
   * days before.
   *
   * @default undefined - nothing is said
   */
  readonly expiryNotices?: ExpiryNoticesOption | undefined;
  /**
   * A secret of at least 32 bytes that is kept in no database, or a list with the current one first; the same for every
   * process that opens the database. Default: made once beside the embedded database file; with any other database, and
   * with `NODE_ENV=production`, it must be given.
   */
  readonly pepper?: string | readonly string[] | undefined;
  /**
   * Where keys live: a PostgreSQL URL, a `pg.Pool` of yours, or `file:` and a path for an embedded SQLite file.
   * With `NODE_ENV=production` it must be given.
   *
   * @default 'file:.api-keys/keys.sqlite'
   */
  readonly database?: string | PgPool | undefined;
  /**
   * PostgreSQL schema for the tables.
   *
   * @default 'api_keys'
   */
  readonly schema?: string | undefined;
  /**
   * `auto` brings the tables up to date at start, `check` only refuses to start when they are not.
   *
   * @default 'auto'
   */
  readonly migrate?: 'auto' | 'check' | undefined;
  /** A store of your own, or `memoryStore()` in tests; instead of `database`. */
  readonly store?: KeyStore | undefined;
  /** A Redis URL or your ioredis client (5 or 6): the cache that processes share. Absent: every check reads the store. */
  readonly redis?: string | RedisClient | undefined;
  /**
   * What every Redis key begins with.
   *
   * @default 'api-keys:'
   */
  readonly redisKeyPrefix?: string | undefined;
  /**
   * Limits that all keys of an owner share, besides their own: `[{ name: 'minute', limit: 600, windowSeconds: 60 }]`.
   * Headers show them as `owner.minute`.
   *
   * @default [] - none
   */
  readonly ownerRateLimits?: readonly RateLimit[] | undefined;
  /**
   * What becomes of requests with limited keys while Redis is away: `per-process` counts them in each process alone,
   * `deny` answers 503. Without Redis, every process counts for itself.
   *
   * @default 'per-process'
   */
  readonly onLimiterOutage?: LimiterOutage | undefined;
  /** How far owners, and keys that manage keys, may go with limits and credits. Default: they are free. */
  readonly ownerCeilings?: OwnerCeilingsOption | undefined;
  /**
   * The environment whose keys this instance lets in.
   *
   * @default 'live'
   */
  readonly environment?: string | undefined;
  /**
   * The environments that keys can be made for.
   *
   * @default ['live', 'test']
   */
  readonly environments?: readonly string[] | undefined;
  /**
   * Where keys are read: `bearer` for `Authorization: Bearer`, anything else is a header's name. What is not listed is
   * ignored.
   *
   * @default ['x-api-key', 'bearer']
   */
  readonly credentialFrom?: readonly CredentialSource[] | undefined;
  /**
   * The realm in `WWW-Authenticate`.
   *
   * @default the prefix
   */
  readonly realm?: string | undefined;
  /**
   * Answers revoked, disabled, expired and rotated keys like unknown ones, even to who holds the secret.
   *
   * @default false
   */
  readonly opaqueRefusals?: boolean | undefined;
  /**
   * Takes the key out of the request's headers once it was let in, so that handlers do not pass it on. Loggers
   * that read the headers before the guard, as `pino-http` does, see it all the same: give them `redactPaths`.
   *
   * @default false
   */
  readonly hideCredentials?: boolean | undefined;
  /**
   * How many keys this process holds for itself, so that most checks ask nobody: `maxEntries` keys, about `maxBytes` of
   * memory. `false`: none.
   *
   * @default { maxEntries: 10_000, maxBytes: 16_777_216 }
   */
  readonly localCache?: false | Partial<LocalCacheLimits> | undefined;
  /**
   * How long this process may go on using what it holds when the database does not answer, 2 to 60 seconds; and so also
   * how long a change can take at the worst, when it cannot be confirmed (and one second more).
   *
   * @default 4
   */
  readonly leaseSeconds?: number | undefined;
  /**
   * How many requests with wrong keys one network may send in a window. Beyond that they are refused with 429 and cost the
   * database next to nothing; a right key is never refused for it. Counted in each process.
   *
   * @default none - they are not limited
   */
  readonly failureBudget?: FailureBudgetOptions | undefined;
  /**
   * Cost of the hash at rest, 8 to 14; each step doubles the time that making a key takes.
   *
   * @default 10
   */
  readonly bcryptCost?: number | undefined;
  /**
   * Access tokens in exchange for keys (OAuth 2.0 `client_credentials`), which guards take as `Authorization: Bearer`.
   *
   * @default none: there is no token endpoint
   */
  readonly tokens?: TokensOption | undefined;
  /**
   * Requests that are signed (RFC 9421, or HMAC with the secret) instead of carrying a key, for guards with `signed`.
   * Default: signatures are not looked at.
   */
  readonly signatures?: SignaturesOption | undefined;
  /** What time it is, for tests. */
  readonly clock?: Clock | undefined;
  /**
   * Where operators are told of trouble.
   *
   * @default console
   */
  readonly logger?: Logger | undefined;
}

/** Options with their defaults. */
export interface ResolvedOptions extends LimitOptions {
  readonly prefix: string;
  readonly scopes: Readonly<Record<string, string>>;
  readonly features: Readonly<Record<string, string>> | undefined;
  readonly policy: PolicyOption | undefined;
  readonly expiryNotices: ExpiryNoticesOption | undefined;
  readonly pepper: string | readonly string[] | undefined;
  readonly database: string | PgPool | undefined;
  readonly schema: string | undefined;
  readonly migrate: 'auto' | 'check' | undefined;
  readonly store: KeyStore | undefined;
  readonly redis: string | RedisClient | undefined;
  readonly redisKeyPrefix: string | undefined;
  readonly environment: string;
  readonly environments: readonly string[];
  readonly credentialFrom: readonly CredentialSource[] | undefined;
  readonly realm: string;
  readonly opaqueRefusals: boolean;
  readonly hideCredentials: boolean;
  /** `null`: this process caches no keys. */
  readonly localCache: LocalCacheLimits | null;
  readonly leaseSeconds: number;
  readonly failureBudget: FailureBudgetOptions | undefined;
  readonly bcryptCost: number | undefined;
  /** `null`: no access tokens. */
  readonly tokens: ResolvedTokensOption | null;
  /** `null`: no signed requests. */
  readonly signatures: ResolvedSignaturesOption | null;
  readonly clock: Clock;
  readonly logger: Logger;
}
