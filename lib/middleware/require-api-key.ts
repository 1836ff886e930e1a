import type { RequestHandler } from 'express';
import { noScope } from '../domain/scope-requirement.js';
import { InvalidOptionError } from '../errors.js';
import { createGuard, type GuardParts } from './guard.js';
import type { GuardOptions } from './guard-options.js';
import { forAllMethods, parseMethodRequirements } from './method-requirements.js';
import type { RequiredScopes } from '../domain/required-scopes.js';

import './express-request.js';

/** Scopes by method, for `app.use`. Methods that are not named are refused with 405; HEAD is what GET is. */
export type RequiredScopesByMethod<S extends string> = {
  readonly [M in GuardedMethod]?: RequiredScopes<S>;
};

type GuardedMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** Makes guards: middleware that lets in only requests with a valid API key. */
export interface RequireApiKey<S extends string, F extends string = never> {
  /**
   * Guards what comes after it.
   *
   * @param scopes - what the key must hold
   * @throws InvalidOptionError at mount, for a scope or an option that is not known
   */
  (scopes: RequiredScopes<S> | RequiredScopesByMethod<S>, options?: GuardOptions<F>): RequestHandler;
  /** Guards what comes after it; any valid key will do. */
  anyScope(options?: GuardOptions<F>): RequestHandler;
}

/** Builds the guard factory of one instance. All that can be decided at mount is decided there. */
export function createRequireApiKey<S extends string, F extends string = never>(
  parts: GuardParts,
): RequireApiKey<S, F> {
  function requireApiKey(...args: readonly unknown[]): RequestHandler {
    refuseExtraArguments(args, 2);
    const requirements = parseMethodRequirements(args[0], parts.catalogue);
    return createGuard(parts, requirements, args[1]);
  }
  requireApiKey.anyScope = (...args: readonly unknown[]): RequestHandler => {
    refuseExtraArguments(args, 1);
    return createGuard(parts, forAllMethods(noScope), args[0]);
  };
  return requireApiKey;
}

/** `requireApiKey('a:read', 'a:write')` looks as if both were asked for; only the first would be. */
function refuseExtraArguments(args: readonly unknown[], most: number): void {
  if (args.length <= most) return;
  throw new InvalidOptionError('requireApiKey: too many arguments; several scopes go into { all: […] }');
}
