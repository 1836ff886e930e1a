import { InvalidFieldError } from '../../domain/key-fields.js';
import type { ScopeCatalogue } from '../../domain/scope-catalogue.js';
import type { TokenTerms } from '../../domain/token-terms.js';
import type { MapScopes } from '../scope-map.js';
import { readWords } from './read-param.js';
import { isTokenTerm, readTerms } from './token-terms.js';

/** The areas of scopes, in alphabetical order. */
const areas = ['account', 'block_rfq', 'block_trade', 'custody', 'trade', 'wallet'] as const;
/** The levels of access; each covers those before it. */
const levels = ['none', 'read', 'read_write'] as const;

/** Every scope that a key can hold: `account:none` to `wallet:read_write`. */
export const deribitScopes: readonly string[] = areas.flatMap((area) =>
  levels.map((level) => `${area}:${level}`),
);
const known = new Set(deribitScopes);

/** Whether granted scopes cover a required one; `none` requires nothing, and neither do terms of tokens. */
export function coversDeribitScope(granted: readonly string[], required: string): boolean {
  if (!known.has(required)) return isTokenTerm(required);
  const [area = ''] = required.split(':');
  return parseLevel(required) <= getGrantedLevel(granted, area);
}

/** The granted level of an area, as an index into `levels`. */
function getGrantedLevel(granted: readonly string[], area: string): number {
  const held = granted.filter((scope) => known.has(scope) && scope.startsWith(`${area}:`));
  return Math.max(0, ...held.map(parseLevel));
}

function parseLevel(scope: string): number {
  return levels.indexOf(scope.slice(scope.indexOf(':') + 1) as (typeof levels)[number]);
}

/**
 * Parses `max_scope`: a string, or a list of strings; items are separated by blanks or commas. Omitted areas are `none`; an
 * explicit `none` is kept. Clients also send the scope of a token: the terms of it that limit nothing are left out.
 *
 * @returns scopes in alphabetical order
 * @throws InvalidFieldError for an unknown item, for a term that would limit a token, and for an area with two levels
 */
export function parseMaxScope(value: unknown): readonly string[] {
  const items = [...new Set(splitItems(value))].sort();
  const { limits } = readTerms(items.filter(isTokenTerm));
  if (limits.some((limit) => limit !== 'ip:*')) {
    throw new InvalidFieldError(
      'must not hold expires: or an address after ip:, which limit tokens; ip_whitelist limits a key',
    );
  }
  const scopes = items.filter((item) => !isTokenTerm(item));
  const unknown = scopes.find((scope) => !known.has(scope));
  if (unknown !== undefined) {
    throw new InvalidFieldError(
      `must hold only area:level; areas are ${areas.join(', ')}, levels ${levels.join(', ')}`,
    );
  }
  const named = scopes.map((scope) => scope.split(':', 1).join());
  if (new Set(named).size < named.length) throw new InvalidFieldError('must name each area once');
  return scopes;
}

/** Splits a scope into its items. @throws InvalidFieldError for anything but a string or a list of strings */
export function splitItems(value: unknown): readonly string[] {
  return readWords(value, 'must be a string or a list of strings');
}

/**
 * Selects the scopes of a token: the requested ones, silently narrowed to those of the key. A request that names areas with a
 * level gets only these; one that only excludes areas, or names none, gets the rest.
 *
 * @param asked - of the request, without terms; unknown items cannot be granted and are ignored
 * @param held - scopes of the key
 */
export function selectTokenScopes(asked: readonly string[], held: readonly string[]): readonly string[] {
  const denied = areas.filter((area) => asked.includes(`${area}:none`));
  const all = areas.map((area) => `${area}:read_write`);
  const wanted = asked.length === denied.length ? all : asked;
  return intersectScopes(wanted, held).filter(
    (scope) => !denied.some((area) => scope.startsWith(`${area}:`)),
  );
}

/** The intersection of two lists of scopes: of each area the lower level, without `none`. */
export function intersectScopes(one: readonly string[], other: readonly string[]): readonly string[] {
  return areas
    .map((area) => ({ area, level: Math.min(getGrantedLevel(one, area), getGrantedLevel(other, area)) }))
    .filter(({ level }) => level > 0)
    .map(({ area, level }) => `${area}:${levels[level]}`);
}

/**
 * The catalogue of Deribit's keyspace.
 *
 * @param mapScopes - maps its scopes to scopes of the app
 */
export function createDeribitCatalogue(mapScopes: MapScopes, tokenTerms: TokenTerms): ScopeCatalogue {
  return {
    names: deribitScopes,
    has: (scope) => known.has(scope),
    grantable: deribitScopes,
    isGrantable: (scope) => known.has(scope),
    covers: coversDeribitScope,
    expand: mapScopes,
    tokenTerms,
  };
}
