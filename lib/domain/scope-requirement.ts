import { suggestNames } from './known-names.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/** The scopes that a route requires. */
export type ScopeRequirement =
  | { readonly kind: 'all'; readonly scopes: readonly string[] }
  | { readonly kind: 'any'; readonly scopes: readonly string[] }
  /** Any valid key. */
  | { readonly kind: 'none'; readonly scopes: readonly [] };

/** The requirement of a route that any valid key may use. */
export const noScope: ScopeRequirement = { kind: 'none', scopes: [] };

/** Whether these scopes meet a requirement. */
export function isMet({ kind, scopes }: ScopeRequirement, held: ReadonlySet<string>): boolean {
  if (kind === 'none') return true;
  const [only] = scopes;
  if (only !== undefined && scopes.length === 1) return held.has(only);
  return kind === 'any' ? scopes.some((scope) => held.has(scope)) : scopes.every((scope) => held.has(scope));
}

/** Returns the required scopes that are missing; empty if the requirement is met. */
export function listMissingScopes(
  requirement: ScopeRequirement,
  held: ReadonlySet<string>,
): readonly string[] {
  const missing = requirement.scopes.filter((scope) => !held.has(scope));
  if (requirement.kind === 'any' && missing.length < requirement.scopes.length) return [];
  return missing;
}

/**
 * Parses a requirement: one scope, `{ all: […] }` or `{ any: […] }`.
 *
 * @throws TypeError if it is missing, empty, of another shape, or names a scope that is not in the catalogue: a guard that
 * does not understand its argument must not protect a route.
 */
export function parseScopeRequirement(input: unknown, catalogue: ScopeCatalogue): ScopeRequirement {
  if (typeof input === 'string') return { kind: 'all', scopes: [readKnownScope(input, catalogue)] };
  if (isPlainObject(input)) {
    const [name, ...others] = Object.keys(input);
    if (others.length === 0 && (name === 'all' || name === 'any')) {
      return { kind: name, scopes: readKnownScopes(input[name], name, catalogue) };
    }
  }
  throw new TypeError(`expected a scope, { all: [scopes] } or { any: [scopes] }, got ${describe(input)}`);
}

function readKnownScopes(input: unknown, name: string, catalogue: ScopeCatalogue): readonly string[] {
  if (!Array.isArray(input) || input.length === 0) {
    throw new TypeError(`{ ${name} } takes a list of at least one scope`);
  }
  // Array.from visits holes too: a sparse array must not result in an empty requirement.
  const scopes = Array.from(input, (scope: unknown) => readKnownScope(scope, catalogue));
  if (new Set(scopes).size < scopes.length) {
    throw new TypeError(`{ ${name} } names a scope twice`);
  }
  return scopes;
}

function readKnownScope(input: unknown, catalogue: ScopeCatalogue): string {
  if (typeof input === 'string' && catalogue.has(input)) return input;
  if (typeof input !== 'string' || input === '') {
    throw new TypeError(`a scope is a string, got ${describe(input)}`);
  }
  throw new TypeError(`unknown scope ${JSON.stringify(input)}; ${suggestNames(input, catalogue.names)}`);
}

function isPlainObject(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function describe(input: unknown): string {
  if (input === undefined) return 'undefined';
  if (typeof input === 'function') return 'a function';
  return JSON.stringify(input);
}
