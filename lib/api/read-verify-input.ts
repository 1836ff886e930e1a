import { refuseUnknownOptions, refuseUnset } from '../options/read-options.js';
import { toCanonicalAddress } from '../domain/address.js';
import type { FeatureCatalogue } from '../domain/feature-catalogue.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { noScope, parseScopeRequirement, type ScopeRequirement } from '../domain/scope-requirement.js';
import { InvalidOptionError } from '../errors.js';
import { assertKnownFeature } from '../verify/known-feature.js';
import { readRequestCost } from '../verify/request-cost.js';
import type { RequiredScopes } from '../domain/required-scopes.js';
import type { AllowsBinding } from '../domain/named-resources.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import type { GivenResources } from '../http/requested-resources.js';
import { readGivenResources } from '../verify/given-resources.js';

/** A key or an access token, and what it must have. */
export interface VerifyInput<S extends string, F extends string = never, R extends string = never> {
  /**
   * The key or, with the option `tokens`, the access token, as the caller sent it. Anything else is refused as
   * `invalid_token`.
   */
  readonly key: string;
  /** Default: any valid key is allowed. */
  readonly scopes?: RequiredScopes<S>;
  /** A feature that the key must have. */
  readonly feature?: F | undefined;
  /**
   * The resources that it is about, by kind, or `'handler'` where your code filters by `apiKey.only(kind)` of the verdict.
   * Default: none, so that keys that are bound to single resources are refused.
   */
  readonly resources?: GivenResources<R> | undefined;
  /** What it takes from the limits and credits of the key, 0 for nothing. Default: 1. */
  readonly cost?: number | undefined;
  /** The caller's address; without it, keys with an address allowlist are refused. */
  readonly address?: string | undefined;
}

/** The same, checked. */
export interface ReadVerifyInput {
  readonly token: string;
  readonly requirement: ScopeRequirement;
  readonly feature: string | undefined;
  readonly allowsBinding: AllowsBinding | undefined;
  readonly cost: number;
  /** In canonical form; `null` when it is not known. */
  readonly address: string | null;
}

const what = 'keys.verify';
const names = ['key', 'scopes', 'feature', 'resources', 'cost', 'address'];

/** @throws InvalidOptionError for unknown names and values of the wrong kind */
export function readVerifyInput(
  input: unknown,
  catalogue: ScopeCatalogue,
  features: FeatureCatalogue,
  resources: ResourceCatalogue,
): ReadVerifyInput {
  refuseUnset(what, input);
  refuseUnknownOptions(what, input, names, { example: "{ key: token, scopes: 'orders:read' }" });
  const given: Partial<VerifyInput<string, string, string>> = input;
  if (!Object.hasOwn(given, 'key')) throw new InvalidOptionError(`${what}: key is the token to verify`);
  const { feature } = given;
  assertKnownFeature(what, feature, features);
  return {
    // What is no string is no token, even if it converts to one.
    token: typeof given.key === 'string' ? given.key : '',
    requirement: readRequirement(given, catalogue),
    feature,
    allowsBinding: readGivenResources(what, given.resources, resources),
    cost: readRequestCost(what, given.cost),
    address: toCanonicalAddress(given.address),
  };
}

function readRequirement(input: object, catalogue: ScopeCatalogue): ScopeRequirement {
  if (!Object.hasOwn(input, 'scopes')) return noScope;
  try {
    return parseScopeRequirement(Reflect.get(input, 'scopes'), catalogue);
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : 'scopes is invalid';
    throw new InvalidOptionError(`${what}: ${reason}; leave scopes out when any valid key will do`);
  }
}
