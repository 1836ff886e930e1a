import { createFeatureCatalogue } from './domain/feature-catalogue.js';
import { createKeyFormat } from './domain/key-format.js';
import type { Keyspace } from './domain/keyspace.js';
import { createScopeCatalogue } from './domain/scope-catalogue.js';
import { InvalidOptionError } from './errors.js';
import type { ResolvedOptions } from './options.js';
import { parsePolicyOption } from './policy-option.js';

/**
 * The keyspace of the native API.
 *
 * @throws InvalidOptionError when the scopes or the features do not follow the grammar
 */
export function createDefaultKeyspace(options: ResolvedOptions<string>): Keyspace {
  const { prefix, environment, environments, scopes, features } = options;
  const catalogue = orInvalid(() => createScopeCatalogue(scopes));
  return {
    name: 'default',
    catalogue,
    policy: parsePolicyOption(options.policy, catalogue),
    ownerCeilings: options.limits.ownerCeilings,
    features: orInvalid(() => createFeatureCatalogue(features ?? {})),
    environments,
    environment,
    format: createKeyFormat(prefix, environment),
    formatFor: (of) => createKeyFormat(prefix, of),
  };
}

function orInvalid<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new InvalidOptionError(error instanceof Error ? error.message : String(error));
  }
}
