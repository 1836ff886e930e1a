import type { CredentialSource } from '../http/credential-source.js';
import type { GivenRequestId } from '../http/request-id-reader.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { RedisClient } from '../redis/redis-client.js';
import type { PgPool } from '../sql/postgres/postgres-pool.js';
import type { FailureBudgetOptions } from '../verify/failure-budget.js';
import type { CacheOption } from './cache-option.js';
import type { DatabaseOption } from './database-option.js';
import type { EventsOption } from './events-option.js';
import type { ExpiryNoticesOption } from './expiry-notices-option.js';
import type { ForeignFormatOption } from './foreign-formats-option.js';
import type { LimitsOption } from './limits-option.js';
import type { MetricsOption } from './metrics-option.js';
import type { PlanOption } from './plans-option.js';
import type { PolicyOption } from './policy-option.js';
import type { RedisOption } from './redis-option.js';
import type { GuardsOption } from './guards-option.js';
import type { RefusalsOption } from './refusals-option.js';
import type { RetentionOption } from './retention-option.js';
import type { SignaturesOption } from './signatures-option.js';
import type { TokensOption } from './tokens-option.js';

/**
 * Options of {@link createApiKeys}. `undefined` counts as absent, and so does `''` for `pepper`, `database` and `redis`, so
 * that environment variables can be passed as they are.
 */
export interface ApiKeysOptions<
  S extends string = string,
  F extends string = string,
  R extends string = string,
  P extends string = string,
> {
  /** The first part of every key, 2 to 20 lower-case letters, digits and `_`: your product's name, for example `acme`. */
  readonly prefix: string;
  /** Every scope that a route can require, with a description: `{ 'orders:read': 'Read orders' }`. */
  readonly scopes: Readonly<Record<S, string>>;
  /**
   * Flags that keys can be given, with a description: `{ block_trades: 'May place block trades' }`. A route requires one
   * with `requireApiKey(scope, { feature })`.
   *
   * @default {} - no features
   */
  readonly features?: Readonly<Record<F, string>> | undefined;
  /**
   * The kinds of resources that keys can be bound to, with a description: `{ project: 'A project of the app' }`. At most 10. A
   * guard says which ones a request is about with `requireApiKey(scope, { on })`.
   *
   * @default {} - keys cannot be bound to resources
   */
  readonly resources?: Readonly<Record<R, string>> | undefined;
  /** Rules for creating keys: how many an owner can have, and which scopes and limits a key gets when none are given. */
  readonly policy?: PolicyOption | undefined;
  /**
   * What owners get, by the names of plans: `{ free: { scopes: ['orders:read'], maxKeys: 2 }, pro: {} }`. A key never does
   * more than the plan of its owner includes now. Needs `defaultPlan`.
   *
   * @default none - everything, within the other options
   */
  readonly plans?: Readonly<Record<P, PlanOption<NoInfer<S>, PlannedName<F>, PlannedName<R>>>> | undefined;
  /** The plan of owners whose record names none: one of `plans`. */
  readonly defaultPlan?: NoInfer<P> | undefined;
  /**
   * Announces keys that expire soon: an entry `key.expiring` in the audit log and a call of `notify`. `{}` does so 14 and 3
   * days before.
   *
   * @default undefined - no notices
   */
  readonly expiryNotices?: ExpiryNoticesOption | undefined;
  /**
   * Delivers every change and every notice as an event, at least once and in order for each key: to code of yours, to webhooks, or to
   * both.
   *
   * @default undefined - events are not delivered
   */
  readonly events?: EventsOption | undefined;
  /**
   * How long what has ended is kept: `{ endedKeysDays: 365 }`. Removal happens in the background.
   *
   * @default undefined - ended keys are kept for good
   */
  readonly retention?: RetentionOption | undefined;
  /**
   * A secret of at least 32 bytes that is stored in no database, or a list with the current one first; the same for every
   * process on the database. Default: created once beside the embedded database file. With any other database, and with
   * `NODE_ENV=production`, it must be given.
   */
  readonly pepper?: string | readonly string[] | undefined;
  /**
   * Where keys are stored: a PostgreSQL URL, a `pg.Pool` of yours, or `file:` and a path for an embedded SQLite file; or an
   * object with `connection`, `schema` and `migrate`. With `NODE_ENV=production` it must be given.
   *
   * @default 'file:.api-keys/keys.sqlite'
   */
  readonly database?: string | PgPool | DatabaseOption | undefined;
  /** A store of your own, or `memoryStore()` in tests; instead of `database`. */
  readonly store?: KeyStore | undefined;
  /**
   * The Redis that processes share for cached keys, rate limits and nonces: a URL or your ioredis client (5 or 6); or an
   * object with `client` and `keyPrefix`. Without it, keys that this process has not cached are read from the store, and
   * every process counts rate limits separately.
   *
   * @default undefined - no Redis
   */
  readonly redis?: string | RedisClient | RedisOption | undefined;
  /** Rate limits for each owner, maximum limits and credits for the keys of owners, and what happens without Redis. */
  readonly limits?: LimitsOption | undefined;
  /**
   * The environment whose keys this instance accepts.
   *
   * @default 'live'
   */
  readonly environment?: string | undefined;
  /**
   * The environments that keys can be created for.
   *
   * @default ['live', 'test']
   */
  readonly environments?: readonly string[] | undefined;
  /**
   * Where keys are read: `bearer` for `Authorization: Bearer`, anything else is the name of a header. Other places are
   * ignored.
   *
   * @default ['x-api-key', 'bearer']
   */
  readonly credentialFrom?: readonly CredentialSource[] | undefined;
  /**
   * How keys of an earlier system look that were imported with `keys.import`, so that its clients keep sending them: at most 8
   * formats. A string that matches none of them, and is no key of ours, costs no lookup.
   *
   * @default [] - only keys of our own format
   */
  readonly foreignFormats?: readonly ForeignFormatOption[] | undefined;
  /**
   * Removes the key from the headers of a request that was allowed, so that handlers do not pass it on. Loggers that read
   * the headers before the guard, as `pino-http` does, still see it: give them `redactPaths`.
   *
   * @default false
   */
  readonly hideCredentials?: boolean | undefined;
  /**
   * What `requireApiKey` takes that says nothing else: with `{ mode: 'observe' }` its guards decide and record, and let every
   * request through. Other guards and routers always enforce.
   *
   * @default { mode: 'enforce' }
   */
  readonly guards?: GuardsOption | undefined;
  /** How refused requests are answered: the realm, how much callers learn, the `type` of problems. */
  readonly refusals?: RefusalsOption | undefined;
  /**
   * The keys that this process caches in memory, so that most requests are verified without I/O, and how long it may use
   * them while the database does not respond. `false`: none, with the default lease.
   *
   * @default { maxKeys: 10_000, maxBytes: 16_777_216, leaseSeconds: 4, quietAfterSeconds: 60 }
   */
  readonly cache?: false | CacheOption | undefined;
  /**
   * Brute-force protection: how many requests with wrong keys one network may send in a window. More are refused with 429
   * and hardly cost the database anything; a valid key is never refused for it. Counted in each process.
   *
   * @default none - they are not limited
   */
  readonly failureBudget?: FailureBudgetOptions | undefined;
  /**
   * Cost of the bcrypt hash of a secret, 8 to 14; each step doubles the time that creating a key takes.
   *
   * @default 10
   */
  readonly bcryptCost?: number | undefined;
  /**
   * Access tokens in exchange for keys (OAuth 2.0 `client_credentials`), which guards accept as `Authorization: Bearer`.
   *
   * @default none: there is no token endpoint
   */
  readonly tokens?: TokensOption | undefined;
  /**
   * Requests that are signed (RFC 9421, or HMAC with the secret) instead of carrying a key, for guards with `signed`.
   * Default: signatures are ignored.
   */
  readonly signatures?: SignaturesOption | undefined;
  /**
   * Returns the id of a request for the audit log and the access log, where your app keeps it: `(req) => req.id`. An id that is
   * longer than 128 characters, has unusual ones or may be a secret is recorded as `null`, as in the header. A function that
   * throws, or returns anything but a string, `null` or `undefined`, leaves the id out and is logged once; no request fails
   * for it. It is not called for requests that a guard allows with a current secret.
   *
   * @default the header X-Request-Id
   */
  readonly requestId?: GivenRequestId | undefined;
  /**
   * Where what is measured is reported: `{ prometheus: register }` for prom-client, `{ openTelemetry: true }` for metrics and spans
   * of OpenTelemetry; and `{ usageByRoute: true }` counts the requests of each key by route and status.
   *
   * @default undefined - nothing is measured
   */
  readonly metrics?: MetricsOption | undefined;
  /** The current time in epoch milliseconds, for tests. */
  readonly clock?: Clock | undefined;
  /**
   * Where errors and warnings for operators are logged; with a method `info`, also which database was opened.
   * The console gets warnings and errors only.
   *
   * @default console
   */
  readonly logger?: Logger | undefined;
}

/** The names that plans can have. An app without features or resources has options that fit where an app with some is expected. */
type PlannedName<N extends string> = [N] extends [never] ? string : NoInfer<N>;
