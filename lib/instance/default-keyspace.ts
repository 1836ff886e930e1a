import { createFeatureCatalogue } from '../domain/feature-catalogue.js';
import { createKeyFormat } from '../domain/key-format.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Plan } from '../domain/plan.js';
import { Plans } from '../domain/plans.js';
import { createResourceCatalogue } from '../domain/resource-catalogue.js';
import { createScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { readPlans, refuseTooManyWindows } from '../options/plans-option.js';
import { parsePolicyOption, refuseNothingToEnforce } from '../options/policy-option.js';
import { createUnknownPlanWarning } from './unknown-plan-warning.js';

/**
 * The keyspace of the native API.
 *
 * @throws InvalidOptionError when the scopes, the features, the kinds of resources or the plans do not follow the grammar
 */
export function createDefaultKeyspace(options: ResolvedOptions): Keyspace {
  const {
    prefix,
    environment,
    environments,
    scopes,
    features: described,
    resources,
    limits,
    logger,
  } = options;
  const catalogue = rethrowInvalid(() => createScopeCatalogue(scopes));
  const features = rethrowInvalid(() => createFeatureCatalogue(described ?? {}));
  const policy = parsePolicyOption(options.policy, catalogue);
  const { defaultRateLimits, maxKeysPerOwner, onePerOwner, maxLifetimeDays, maxIdleDays } = policy;
  const kinds = rethrowInvalid(() => createResourceCatalogue(resources ?? {}));
  const base: Plan = {
    scopes: null,
    features: null,
    rateLimits: limits.perOwner,
    credits: null,
    keyCeilings: limits.ceilings,
    maxKeys: maxKeysPerOwner,
    maxLifetimeDays,
    maxIdleDays,
    resources: null,
  };
  refuseTooManyWindows('limits.ceilings.rateLimits', base, defaultRateLimits);
  const surroundings = { catalogue, features, resources: kinds, base, defaultRateLimits, onePerOwner };
  const plans = readPlans(options, surroundings);
  refuseNothingToEnforce(policy, [plans.defaultPlan, ...plans.byName.values()]);
  return {
    name: 'default',
    catalogue,
    hasAppScopes: true,
    policy,
    plans: new Plans({ ...plans, base, kinds: kinds.kinds, onUnknown: createUnknownPlanWarning(logger) }),
    features,
    resources: kinds,
    isNative: true,
    environments,
    environment,
    format: createKeyFormat(prefix, environment),
    formatFor: (of) => createKeyFormat(prefix, of),
  };
}

function rethrowInvalid<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new InvalidOptionError(error instanceof Error ? error.message : String(error));
  }
}
