import { pepperCommand } from '../crypto/peppers.js';
import { InvalidOptionError } from '../errors.js';
import type { CredentialSource } from '../http/credential-source.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import { checkRedisOption } from '../redis/check-redis-option.js';
import type { RedisClient } from '../redis/redis-client.js';
import type { PgPool } from '../sql/postgres/postgres-pool.js';
import type { ApiKeysOptions, ResolvedOptions } from './api-keys-options.js';
import { readExpiryNotices } from './expiry-notices-option.js';
import { readFailureBudget } from './failure-budget-option.js';
import { limitReaders } from './limit-options.js';
import { readLocalCache } from './local-cache-option.js';
import {
  allowAbsent,
  orDefault,
  take,
  takeAsGiven,
  takeFlag,
  takeOneOf,
  takeText,
  takeWholeNumber,
} from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import { resolveSignaturesOption } from './signatures-option.js';
import { hasMethods, takeStore } from './store-option.js';
import { resolveTokensOption } from './tokens-option.js';

const environmentPattern = /^[a-z][a-z0-9]{0,15}$/;

/** Every option, and what it takes. `policy`, `pepper`, `credentialFrom` and `bcryptCost` are read where they are used. */
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
  policy: takeAsGiven<ApiKeysOptions['policy']>(),
  expiryNotices: allowAbsent(readExpiryNotices),
  pepper: takeAsGiven<ApiKeysOptions['pepper']>(),
  database: allowAbsent(
    take(
      'a postgres:// URL, a pg.Pool, or file: and a path, for example file:./data/keys.sqlite',
      (value): value is string | PgPool => typeof value === 'string' || hasMethods(value, ['connect']),
    ),
  ),
  schema: allowAbsent(takeText("the name of a PostgreSQL schema, for example 'api_keys'")),
  migrate: allowAbsent(takeOneOf('auto', 'check')),
  store: allowAbsent(takeStore),
  redis: takeAsGiven<string | RedisClient | undefined>(),
  redisKeyPrefix: takeAsGiven<string | undefined>(),
  ...limitReaders,
  environments: orDefault(
    take("a list of different lower-case words, for example ['live', 'test']", areEnvironments),
    ['live', 'test'],
  ),
  environment: orDefault(takeText("a lower-case word, for example 'live'", environmentPattern), 'live'),
  credentialFrom: takeAsGiven<readonly CredentialSource[] | undefined>(),
  realm: allowAbsent(takeText('a text', /[^]/)),
  opaqueRefusals: orDefault(takeFlag, false),
  hideCredentials: orDefault(takeFlag, false),
  localCache: readLocalCache,
  leaseSeconds: orDefault(takeWholeNumber(2, 60, 'of seconds'), 4),
  failureBudget: allowAbsent(readFailureBudget),
  bcryptCost: takeAsGiven<number | undefined>(),
  tokens: resolveTokensOption,
  signatures: takeAsGiven<unknown>(),
  clock: orDefault(
    take('an object with now(), which returns epoch milliseconds', (value): value is Clock =>
      hasMethods(value, ['now']),
    ),
    { now: () => Date.now() },
  ),
  logger: orDefault(
    take('an object with warn() and error(), such as console', (value): value is Logger =>
      hasMethods(value, ['warn', 'error']),
    ),
    console,
  ),
} satisfies ReadersOf<ApiKeysOptions>;

/**
 * Checks the options of {@link createApiKeys} and fills in defaults.
 *
 * @throws InvalidOptionError for unknown names, values of the wrong kind, mixes that make no sense, and what is missing in
 * production
 */
export function resolveOptions(input: ApiKeysOptions): ResolvedOptions {
  const example = "{ prefix: 'acme', scopes: { 'orders:read': 'Read orders' } }";
  const given = withoutEmptyVariables(input);
  const options = readOptions('createApiKeys', given, readers, { example, pathPrefix: '' });
  if (options.redis !== undefined) checkRedisOption(options.redis, options.redisKeyPrefix);
  refuseMixes(options);
  requireInProduction(options);
  return {
    ...options,
    realm: options.realm ?? options.prefix,
    onLimiterOutage: options.onLimiterOutage ?? 'per-process',
    signatures: resolveSignaturesOption(options.signatures, options.prefix),
  };
}

type Read = Pick<
  ApiKeysOptions,
  | 'store'
  | 'database'
  | 'schema'
  | 'migrate'
  | 'pepper'
  | 'redis'
  | 'redisKeyPrefix'
  | 'onLimiterOutage'
  | 'environment'
  | 'environments'
>;

function refuseMixes(options: Read): void {
  const { store, database, schema, migrate, pepper, redis, redisKeyPrefix, onLimiterOutage } = options;
  const { environment = '', environments = [] } = options;
  if (!environments.includes(environment)) {
    throw new InvalidOptionError(`environment: must be one of environments (${environments.join(', ')})`);
  }
  if (store !== undefined && database !== undefined) {
    throw new InvalidOptionError('createApiKeys: give either store or database, not both');
  }
  if (store !== undefined && (schema !== undefined || migrate !== undefined)) {
    throw new InvalidOptionError('createApiKeys: schema and migrate belong to database, not to store');
  }
  const isFile =
    store === undefined &&
    (database === undefined || (typeof database === 'string' && database.startsWith('file:')));
  if (!isFile && pepper === undefined) {
    throw new InvalidOptionError(
      'pepper: must be given unless the database is a file: every process that opens the database needs the same one. ' +
        `Make one with: ${pepperCommand}`,
    );
  }
  if (redis === undefined && redisKeyPrefix !== undefined) {
    throw new InvalidOptionError('redisKeyPrefix: needs redis');
  }
  if (redis === undefined && onLimiterOutage !== undefined) {
    throw new InvalidOptionError('onLimiterOutage: needs redis; without it every process counts for itself');
  }
}

/** What is made up for a first try must not go into production unnoticed. */
function requireInProduction({ store, database, pepper }: Read): void {
  if (process.env['NODE_ENV'] !== 'production') return;
  if (store === undefined && database === undefined) {
    throw new InvalidOptionError(
      'database: must be given in production: a PostgreSQL URL, or file: and the path of the embedded file, ' +
        "for example 'file:/var/lib/acme/keys.sqlite'",
    );
  }
  if (pepper === undefined) {
    throw new InvalidOptionError(`pepper: must be given in production. Make one with: ${pepperCommand}`);
  }
}

/** A variable that is set to nothing is as good as not set. */
function withoutEmptyVariables(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const given: Record<string, unknown> = { ...input };
  for (const name of ['pepper', 'database', 'redis']) if (given[name] === '') delete given[name];
  return given;
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
