import { createKeyFormat } from './domain/key-format.js';
import type { Keyspace } from './domain/keyspace.js';
import { createScopeCatalogue } from './domain/scope-catalogue.js';
import { InvalidOptionError } from './errors.js';
import type { ResolvedOptions } from './options.js';

/**
 * The keyspace of the native API.
 *
 * @throws InvalidOptionError when the scopes do not follow the grammar
 */
export function createDefaultKeyspace(options: ResolvedOptions<string>): Keyspace {
  const { prefix, environment, environments, scopes } = options;
  return {
    name: 'default',
    catalogue: catalogueOf(scopes),
    environments,
    environment,
    format: createKeyFormat(prefix, environment),
    formatFor: (of) => createKeyFormat(prefix, of),
  };
}

function catalogueOf(scopes: Readonly<Record<string, string>>) {
  try {
    return createScopeCatalogue(scopes);
  } catch (error) {
    throw new InvalidOptionError(error instanceof Error ? error.message : String(error));
  }
}
