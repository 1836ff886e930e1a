import { InvalidFieldError, parseScopes } from '../domain/key-fields.js';
import { createScopeCatalogue, type ScopeCatalogue } from '../domain/scope-catalogue.js';
import { isWildcard } from '../domain/scope.js';
import { InvalidOptionError } from '../errors.js';

/** The scopes of the app, for a dialect without scopes of its own. */
export interface AppScopes {
  readonly catalogue: ScopeCatalogue;
  /** The scopes of new keys, because requests cannot name any there. */
  readonly defaultScopes: readonly string[];
}

/**
 * @param what - the router, for messages
 * @param names - the scopes of the app
 * @param defaultScopes - the option; `undefined` for all scopes
 * @throws InvalidOptionError for scopes that owners could not grant
 */
export function resolveAppScopes(what: string, names: readonly string[], defaultScopes: unknown): AppScopes {
  const catalogue = createScopeCatalogue(Object.fromEntries(names.map((name) => [name, name])));
  try {
    const scopes = parseScopes(defaultScopes ?? names, catalogue);
    if (scopes.some(isWildcard)) throw new InvalidFieldError('must name scopes one by one, no wildcards');
    return { catalogue, defaultScopes: scopes };
  } catch (error) {
    if (!(error instanceof InvalidFieldError)) throw error;
    throw new InvalidOptionError(`${what}: defaultScopes ${error.message}`);
  }
}
