import { pepperCommand } from '../crypto/peppers.js';
import { InvalidOptionError } from '../errors.js';
import { hasMethods } from './has-methods.js';
import { isEmbeddedFile } from './database-option.js';
import type { LimitsOption } from './limits-option.js';
import type { ResolvedOptions } from './resolved-options.js';

/** The options that depend on each other, before defaults that depend on others are filled in. */
export type DependentOptions = Pick<
  ResolvedOptions,
  'store' | 'database' | 'pepper' | 'redis' | 'environment' | 'environments' | 'events'
> & { readonly limits: Pick<LimitsOption, 'onOutage'> };

/**
 * Refuses options that contradict each other, and in production the lack of those whose defaults are for a first try.
 *
 * @throws InvalidOptionError
 */
export function refuseCombinations(options: DependentOptions): void {
  const { store, database, pepper, redis, limits, environment, environments } = options;
  if (!environments.includes(environment)) {
    throw new InvalidOptionError(`environment: must be one of environments (${environments.join(', ')})`);
  }
  if (store !== undefined && database !== null) {
    throw new InvalidOptionError('createApiKeys: give either store or database, not both');
  }
  if (pepper === undefined && (store !== undefined || !isEmbeddedFile(database))) {
    throw new InvalidOptionError(
      'pepper: must be given unless the database is a file: every process that opens the database needs the same one. ' +
        `Make one with: ${pepperCommand}`,
    );
  }
  const { callback, webhooks } = options.events;
  // Stores from before there were events have none, whatever the types say.
  if (
    (callback !== null || webhooks !== null) &&
    store !== undefined &&
    !hasMethods(store.events, ['advance', 'removeQueue'])
  ) {
    throw new InvalidOptionError(
      'events: needs a store with the part events, which this one does not have; see docs/reference/custom-stores.md',
    );
  }
  if (redis === null && limits.onOutage !== undefined) {
    throw new InvalidOptionError('limits.onOutage: needs redis; without it every process counts separately');
  }
  if (process.env['NODE_ENV'] === 'production') requireForProduction(options);
}

/** The default database and the default pepper are created beside the app: that must not happen in production unnoticed. */
function requireForProduction({ store, database, pepper }: DependentOptions): void {
  if (store === undefined && database?.connection === undefined) {
    throw new InvalidOptionError(
      'database: must be given in production: a PostgreSQL URL, or file: and the path of the embedded file, ' +
        "for example 'file:/var/lib/acme/keys.sqlite'",
    );
  }
  if (pepper === undefined) {
    throw new InvalidOptionError(`pepper: must be given in production. Make one with: ${pepperCommand}`);
  }
}
