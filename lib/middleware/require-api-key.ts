import { noScope } from '../domain/scope-requirement.js';
import { InvalidOptionError } from '../errors.js';
import type { ApiKeyGuard } from './api-key-guard.js';
import { createGuard, type GuardParts } from './guard.js';
import { isFullyEnforced, resolveEnforcement, type EnforcementOptions } from '../http/enforcement-options.js';
import type { WarnNotEnforced } from './enforcement-warning.js';
import { readGuardOptions, type GuardOptions } from './guard-options.js';
import {
  requireForAllMethods,
  parseMethodRequirements,
  type MethodRequirements,
} from './method-requirements.js';
import { createObservingGuard, type ObservingParts } from './observing-guard.js';
import type { RequiredScopes } from '../domain/required-scopes.js';
import type {
  CheckedResourcesOption,
  RequestedResources,
  ResourcesResult,
} from '../http/requested-resources.js';
import type { RequiredScopesByMethod } from '../http/required-scopes-by-method.js';
import { refuseUnset } from '../options/read-options.js';

/**
 * What `requireApiKey` takes: nothing at all for any valid key, or the scopes that the key must hold and options. One
 * signature, not two, so that the compiler suggests the scope that was meant.
 */
export type RequireApiKeyArguments<
  S extends string,
  F extends string = never,
  R extends string = never,
  T = unknown,
> =
  | []
  | [
      scopes: RequiredScopes<S> | RequiredScopesByMethod<S>,
      options?: GuardOptions<F, R, CheckedResourcesOption<R, T>> | undefined,
    ];

/** Makes guards: middleware that allows only requests with a valid API key. */
export interface RequireApiKey<S extends string, F extends string = never, R extends string = never> {
  /**
   * Guards what comes after it. Without any argument every valid key is allowed; `undefined` is not "no argument", because
   * a variable that got lost must not open a route.
   *
   * @param args - the scopes that the key must hold (one scope, `{ all }`, `{ any }`, or one of these for each method), and options
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` at mount, for a scope or an option that is not known
   *
   * @example
   * app.get('/orders', apiKeys.requireApiKey('orders:read'), listOrders);
   * app.post('/orders', apiKeys.requireApiKey({ all: ['orders:read', 'orders:write'] }, { cost: 5 }), placeOrder);
   * app.use('/reports', apiKeys.requireApiKey({ GET: 'reports:read', POST: 'reports:write' }), reports);
   * app.get('/me', apiKeys.requireApiKey(), showCaller);
   * app.get('/projects/:projectId', apiKeys.requireApiKey('orders:read', { on: (req) => ({ project: req.params.projectId }) }), showProject);
   */
  <T extends ResourcesResult = RequestedResources<R>>(
    ...args: RequireApiKeyArguments<S, F, R, T>
  ): ApiKeyGuard;
  /**
   * Guards what comes after it, with options; any valid key is allowed.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` at mount, for an option that is not known
   *
   * @example
   * app.use(apiKeys.requireApiKey.anyScope({ allowPreflight: true }));
   */
  anyScope<T extends ResourcesResult = RequestedResources<R>>(
    options?: GuardOptions<F, R, CheckedResourcesOption<R, T>>,
  ): ApiKeyGuard;
}

/** What the guards of one instance that observe need. */
export interface ObservationParts extends ObservingParts {
  /** What guards take that say nothing else. */
  readonly defaults: EnforcementOptions;
  readonly warnNotEnforced: WarnNotEnforced;
}

/** Builds the guard factory of one instance. All that can be decided at mount is decided there. */
export function createRequireApiKey<S extends string, F extends string = never, R extends string = never>(
  parts: GuardParts,
  observation: ObservationParts,
): RequireApiKey<S, F, R> {
  function create(requirements: MethodRequirements, options: unknown = {}): ApiKeyGuard {
    refuseUnset('requireApiKey', options);
    const given = readGuardOptions(options);
    const enforcement = resolveEnforcement('requireApiKey', given, observation.defaults);
    // A guard that enforces is the guard itself: requests pay nothing for the choice.
    if (enforcement === null || isFullyEnforced(enforcement, observation.clock.now())) {
      return createGuard(parts, requirements, given);
    }
    if (given.mode === 'observe') {
      const required = requirements.scopes.length === 0 ? 'any key' : requirements.scopes.join(', ');
      observation.warnNotEnforced(`the guard for ${required}`, enforcement);
    }
    return createObservingGuard(parts, observation, requirements, given, enforcement);
  }

  function requireApiKey(...args: readonly unknown[]): ApiKeyGuard {
    refuseExtraArguments(args, 2);
    if (args.length === 0) return create(requireForAllMethods(noScope));
    return create(parseMethodRequirements(args[0], parts.catalogue), args[1]);
  }
  requireApiKey.anyScope = (...args: readonly unknown[]): ApiKeyGuard => {
    refuseExtraArguments(args, 1);
    return create(requireForAllMethods(noScope), args[0]);
  };
  return requireApiKey;
}

/** `requireApiKey('a:read', 'a:write')` looks as if both were required; only the first would be. */
function refuseExtraArguments(args: readonly unknown[], max: number): void {
  if (args.length <= max) return;
  throw new InvalidOptionError('requireApiKey: too many arguments; several scopes go into { all: […] }');
}
