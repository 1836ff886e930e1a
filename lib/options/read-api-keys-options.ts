import type { ForeignFormats } from '../domain/foreign-format.js';
import type { CredentialSource } from '../http/credential-source.js';
import type { GivenRequestId } from '../http/request-id-reader.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { FailureBudgetOptions } from '../verify/failure-budget.js';
import type { ApiKeysOptions } from './api-keys-options.js';
import { readCache, type ResolvedCacheOption } from './cache-option.js';
import { readDatabase, type ResolvedDatabaseOption } from './database-option.js';
import { readEvents, type ResolvedEventsOption } from './events-option.js';
import { readExpiryNotices, type ExpiryNoticesOption } from './expiry-notices-option.js';
import { readFailureBudget } from './failure-budget-option.js';
import { readForeignFormats } from './foreign-formats-option.js';
import { hasMethods } from './has-methods.js';
import { readLimits, type LimitsRead } from './limits-option.js';
import { readMetrics, type ResolvedMetricsOption } from './metrics-option.js';
import {
  allowAbsent,
  ignoreEmpty,
  withDefault,
  take,
  takeAsGiven,
  takeFlag,
  takeFunction,
  takeText,
} from './option-readers.js';
import type { PolicyOption } from './policy-option.js';
import { readGuards, type ResolvedGuardsOption } from './guards-option.js';
import { readOptions, type ReadersOf } from './read-options.js';
import { readRedis, type ResolvedRedisOption } from './redis-option.js';
import { readRefusals, type RefusalsRead } from './refusals-option.js';
import { renamedOptions } from './renamed-options.js';
import { readRetention, type ResolvedRetentionOption } from './retention-option.js';
import { takeStore } from './store-option.js';
import { resolveTokensOption, type ResolvedTokensOption } from './tokens-option.js';

/** The options of `createApiKeys` as they were read: checked, and with the defaults that follow from nothing else. */
export interface ReadApiKeysOptions {
  readonly prefix: string;
  readonly scopes: Readonly<Record<string, string>>;
  readonly features: Readonly<Record<string, string>> | undefined;
  readonly resources: Readonly<Record<string, string>> | undefined;
  readonly policy: PolicyOption | undefined;
  readonly plans: unknown;
  readonly defaultPlan: unknown;
  readonly expiryNotices: ExpiryNoticesOption | undefined;
  readonly events: ResolvedEventsOption;
  readonly retention: ResolvedRetentionOption;
  readonly pepper: string | readonly string[] | undefined;
  /** `null`: the embedded file, or `store`. */
  readonly database: ResolvedDatabaseOption | null;
  readonly store: KeyStore | undefined;
  /** `null`: no Redis. */
  readonly redis: ResolvedRedisOption | null;
  readonly limits: LimitsRead;
  readonly environment: string;
  readonly environments: readonly string[];
  readonly credentialFrom: readonly CredentialSource[] | undefined;
  readonly foreignFormats: ForeignFormats;
  readonly hideCredentials: boolean;
  readonly guards: ResolvedGuardsOption;
  readonly refusals: RefusalsRead;
  readonly cache: ResolvedCacheOption;
  readonly failureBudget: FailureBudgetOptions | undefined;
  readonly bcryptCost: number | undefined;
  /** `null`: no access tokens. */
  readonly tokens: ResolvedTokensOption | null;
  readonly signatures: unknown;
  /** `undefined`: the header. */
  readonly requestId: GivenRequestId | undefined;
  readonly metrics: ResolvedMetricsOption;
  readonly clock: Clock;
  readonly logger: Logger;
}

const environmentPattern = /^[a-z][a-z0-9]{0,15}$/;

/** Every option, and what it takes. `policy`, `plans`, `pepper`, `credentialFrom` and `bcryptCost` are read where they are used. */
const readers = {
  prefix: takeText(
    "2 to 20 lower-case letters, digits and '_', for example 'acme'",
    /^[a-z][a-z0-9_]{0,18}[a-z0-9]$/,
  ),
  scopes: take(
    "an object of scopes and sentences, for example { 'orders:read': 'Read orders' }",
    isCatalogue,
  ),
  features: allowAbsent(
    take(
      "an object of features and sentences, for example { block_trades: 'May place block trades' }",
      isCatalogue,
    ),
  ),
  resources: allowAbsent(
    take("an object of kinds and sentences, for example { project: 'A project of the app' }", isCatalogue),
  ),
  policy: takeAsGiven<ApiKeysOptions['policy']>(),
  plans: takeAsGiven<unknown>(),
  defaultPlan: takeAsGiven<unknown>(),
  expiryNotices: allowAbsent(readExpiryNotices),
  events: readEvents,
  retention: readRetention,
  pepper: ignoreEmpty(takeAsGiven<ApiKeysOptions['pepper']>()),
  database: ignoreEmpty(readDatabase),
  store: allowAbsent(takeStore),
  redis: ignoreEmpty(readRedis),
  limits: readLimits,
  environments: withDefault(
    take("a list of different lower-case words, for example ['live', 'test']", areEnvironments),
    ['live', 'test'],
  ),
  environment: withDefault(takeText("a lower-case word, for example 'live'", environmentPattern), 'live'),
  credentialFrom: takeAsGiven<readonly CredentialSource[] | undefined>(),
  foreignFormats: readForeignFormats,
  hideCredentials: withDefault(takeFlag, false),
  guards: readGuards,
  refusals: readRefusals,
  cache: readCache,
  failureBudget: allowAbsent(readFailureBudget),
  bcryptCost: takeAsGiven<number | undefined>(),
  tokens: resolveTokensOption,
  signatures: takeAsGiven<unknown>(),
  requestId: allowAbsent(
    takeFunction<GivenRequestId>('a function that returns the id of a request, for example (req) => req.id'),
  ),
  metrics: readMetrics,
  clock: withDefault(
    take('an object with now(), which returns epoch milliseconds', (value): value is Clock =>
      hasMethods(value, ['now']),
    ),
    { now: () => Date.now() },
  ),
  logger: withDefault(
    take('an object with warn() and error(), such as console', (value): value is Logger =>
      hasMethods(value, ['warn', 'error']),
    ),
    // Without info(), which would write to the standard output of a script.
    {
      // eslint-disable-next-line no-console -- the default is the console
      warn: (...args) => console.warn(...args),
      // eslint-disable-next-line no-console -- the default is the console
      error: (...args) => console.error(...args),
    },
  ),
} satisfies ReadersOf<ApiKeysOptions>;

/**
 * Reads every option of `createApiKeys` by its reader.
 *
 * @throws InvalidOptionError for unknown and renamed options, and for values of the wrong kind
 */
export function readApiKeysOptions(input: unknown): ReadApiKeysOptions {
  return readOptions('createApiKeys', input, readers, {
    example: "{ prefix: 'acme', scopes: { 'orders:read': 'Read orders' } }",
    pathPrefix: '',
    renamed: renamedOptions,
  });
}

function isCatalogue(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((sentence) => typeof sentence === 'string');
}

function areEnvironments(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    Array.from(value, (each) => typeof each === 'string' && environmentPattern.test(each)).every(Boolean) &&
    new Set(value).size === value.length
  );
}
