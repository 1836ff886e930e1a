import { noScope } from '../domain/scope-requirement.js';
import { InvalidOptionError } from '../errors.js';
import type { ApiKeyGuard } from './api-key-guard.js';
import { createGuard, type GuardParts } from './guard.js';
import type { GuardOptions } from './guard-options.js';
import { requireForAllMethods, parseMethodRequirements } from './method-requirements.js';
import type { RequiredScopes } from '../domain/required-scopes.js';
import type { RequiredScopesByMethod } from '../http/required-scopes-by-method.js';

/**
 * What `requireApiKey` takes: nothing at all for any valid key, or the scopes that the key must hold and options. One
 * signature, not two, so that the compiler suggests the scope that was meant.
 */
export type RequireApiKeyArguments<S extends string, F extends string = never, R extends string = never> =
  [] | [scopes: RequiredScopes<S> | RequiredScopesByMethod<S>, options?: GuardOptions<F, R> | undefined];

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
  (...args: RequireApiKeyArguments<S, F, R>): ApiKeyGuard;
  /**
   * Guards what comes after it, with options; any valid key is allowed.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` at mount, for an option that is not known
   *
   * @example
   * app.use(apiKeys.requireApiKey.anyScope({ allowPreflight: true }));
   */
  anyScope(options?: GuardOptions<F, R>): ApiKeyGuard;
}

/** Builds the guard factory of one instance. All that can be decided at mount is decided there. */
export function createRequireApiKey<S extends string, F extends string = never, R extends string = never>(
  parts: GuardParts,
): RequireApiKey<S, F, R> {
  function requireApiKey(...args: readonly unknown[]): ApiKeyGuard {
    refuseExtraArguments(args, 2);
    if (args.length === 0) return createGuard(parts, requireForAllMethods(noScope));
    const requirements = parseMethodRequirements(args[0], parts.catalogue);
    return createGuard(parts, requirements, args[1]);
  }
  requireApiKey.anyScope = (...args: readonly unknown[]): ApiKeyGuard => {
    refuseExtraArguments(args, 1);
    return createGuard(parts, requireForAllMethods(noScope), args[0]);
  };
  return requireApiKey;
}

/** `requireApiKey('a:read', 'a:write')` looks as if both were required; only the first would be. */
function refuseExtraArguments(args: readonly unknown[], max: number): void {
  if (args.length <= max) return;
  throw new InvalidOptionError('requireApiKey: too many arguments; several scopes go into { all: […] }');
}
