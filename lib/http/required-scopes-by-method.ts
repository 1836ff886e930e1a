import type { RequiredScopes } from '../domain/required-scopes.js';

/** Scopes by method. Methods that are not named are refused with 405; HEAD is what GET is. */
export type RequiredScopesByMethod<S extends string> = {
  readonly [M in GuardedMethod]?: RequiredScopes<S>;
};

type GuardedMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
