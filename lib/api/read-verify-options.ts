import { refuseUnknownOptions } from '../options/read-options.js';
import { canonicalAddress } from '../domain/address.js';
import type { FeatureCatalogue } from '../domain/feature-catalogue.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { noScope, parseScopeRequirement, type ScopeRequirement } from '../domain/scope-requirement.js';
import { InvalidOptionError } from '../errors.js';
import { assertKnownFeature } from '../verify/known-feature.js';
import { readRequestCost } from '../verify/request-cost.js';
import type { RequiredScopes } from '../domain/required-scopes.js';

/** What a caller of `keys.verify` must have. */
export interface VerifyOptions<S extends string, F extends string = never> {
  /** Default: any valid key will do. */
  readonly scopes?: RequiredScopes<S>;
  /** A feature that the key must have. */
  readonly feature?: F | undefined;
  /** What it takes from the limits and credits of the key, 0 for nothing. Default: 1. */
  readonly cost?: number | undefined;
  /** The caller's address; without it, keys with an address allowlist are refused. */
  readonly address?: string | undefined;
}

/** The same, checked. */
export interface ReadVerifyOptions {
  readonly requirement: ScopeRequirement;
  readonly feature: string | undefined;
  readonly cost: number;
  /** In canonical form; `null` when it is not known. */
  readonly address: string | null;
}

/** @throws InvalidOptionError for unknown names and values of the wrong kind */
export function readVerifyOptions(
  options: VerifyOptions<string, string> | undefined,
  catalogue: ScopeCatalogue,
  features: FeatureCatalogue,
): ReadVerifyOptions {
  const given: VerifyOptions<string, string> = options ?? {};
  refuseUnknownOptions('keys.verify', given, ['scopes', 'feature', 'cost', 'address']);
  const { feature } = given;
  assertKnownFeature('keys.verify', feature, features);
  const cost = readRequestCost('keys.verify', given.cost);
  const address = canonicalAddress(given.address);
  if (!Object.hasOwn(given, 'scopes')) return { requirement: noScope, feature, cost, address };
  try {
    return { requirement: parseScopeRequirement(given.scopes, catalogue), feature, cost, address };
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : 'scopes is wrong';
    throw new InvalidOptionError(`keys.verify: ${reason}; leave scopes out when any valid key will do`);
  }
}
