import { pepperCommand } from '../crypto/peppers.js';
import { InvalidOptionError } from '../errors.js';
import { optionKinds } from './option-kinds.js';
import type { ApiKeysOptions } from './api-keys-options.js';
import { checkRedisOption } from '../redis/check-redis-option.js';

/** @throws InvalidOptionError for values of the wrong kind, mixes that make no sense, and what is missing in production */
export function checkOptions(options: ApiKeysOptions): void {
  checkKinds(options);
  refuseMixes(options);
  requireInProduction(options);
}

function checkKinds(options: ApiKeysOptions): void {
  for (const [name, isRight, expected] of optionKinds) {
    const value = options[name];
    if (value === undefined ? name === 'prefix' || name === 'scopes' : !isRight(value)) {
      throw new InvalidOptionError(`${name}: takes ${expected}`);
    }
  }
  if (options.redis !== undefined) checkRedisOption(options.redis, options.redisKeyPrefix);
}

function refuseMixes({
  store,
  database,
  schema,
  migrate,
  pepper,
  redis,
  redisKeyPrefix,
}: ApiKeysOptions): void {
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
}

/** What is made up for a first try must not go into production unnoticed. */
function requireInProduction(options: ApiKeysOptions): void {
  if (process.env['NODE_ENV'] !== 'production') return;
  if (options.store === undefined && options.database === undefined) {
    throw new InvalidOptionError(
      'database: must be given in production: a PostgreSQL URL, or file: and the path of the embedded file, ' +
        "for example 'file:/var/lib/acme/keys.sqlite'",
    );
  }
  if (options.pepper === undefined) {
    throw new InvalidOptionError(`pepper: must be given in production. Make one with: ${pepperCommand}`);
  }
}
