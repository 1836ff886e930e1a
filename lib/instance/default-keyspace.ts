import { createFeatureCatalogue } from '../domain/feature-catalogue.js';
import { createKeyFormat } from '../domain/key-format.js';
import type { Keyspace } from '../domain/keyspace.js';
import { narrowToBounds } from '../domain/owner-ceilings.js';
import { maxRateLimits, type RateLimit } from '../domain/rate-limit.js';
import { createScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { parsePolicyOption } from '../options/policy-option.js';

/**
 * The keyspace of the native API.
 *
 * @throws InvalidOptionError when the scopes or the features do not follow the grammar
 */
export function createDefaultKeyspace(options: ResolvedOptions): Keyspace {
  const { prefix, environment, environments, scopes, features } = options;
  const catalogue = rethrowInvalid(() => createScopeCatalogue(scopes));
  const policy = parsePolicyOption(options.policy, catalogue);
  const ownerCeilings = options.limits.ceilings;
  refuseTooManyWindows(policy.defaultRateLimits, ownerCeilings.rateLimits);
  return {
    name: 'default',
    catalogue,
    policy,
    ownerCeilings,
    features: rethrowInvalid(() => createFeatureCatalogue(features ?? {})),
    environments,
    environment,
    format: createKeyFormat(prefix, environment),
    formatFor: (of) => createKeyFormat(prefix, of),
  };
}

/** A key that an owner creates without limits gets both. */
function refuseTooManyWindows(defaults: readonly RateLimit[], ceilings: readonly RateLimit[]): void {
  if (narrowToBounds(defaults, ceilings).length <= maxRateLimits) return;
  throw new InvalidOptionError(
    `policy: defaultRateLimits and limits.ceilings.rateLimits together make more than ${maxRateLimits} windows for a key`,
  );
}

function rethrowInvalid<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new InvalidOptionError(error instanceof Error ? error.message : String(error));
  }
}
