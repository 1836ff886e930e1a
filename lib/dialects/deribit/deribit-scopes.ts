import { InvalidFieldError } from '../../domain/key-fields.js';
import type { ScopeCatalogue } from '../../domain/scope-catalogue.js';
import type { TokenTerms } from '../../domain/token-terms.js';
import type { MapScopes } from '../scope-map.js';
import { readWords } from './read-param.js';
import { isTokenTerm } from './token-terms.js';

/** What keys are about, in the order of the alphabet. */
const areas = ['account', 'block_rfq', 'block_trade', 'custody', 'trade', 'wallet'] as const;
/** How much; each one covers those before it. */
const levels = ['none', 'read', 'read_write'] as const;

/** Every scope that a key can hold: `account:none` to `wallet:read_write`. */
export const deribitScopes: readonly string[] = areas.flatMap((area) =>
  levels.map((level) => `${area}:${level}`),
);
const known = new Set(deribitScopes);

/** Whether scopes of Deribit are enough for one other; `none` needs nothing, and neither do terms of tokens. */
export function coversDeribitScope(granted: readonly string[], required: string): boolean {
  if (!known.has(required)) return isTokenTerm(required);
  const [area = ''] = required.split(':');
  return parseLevel(required) <= getGrantedLevel(granted, area);
}

/** How much of an area is held, as a place in the order of levels. */
function getGrantedLevel(granted: readonly string[], area: string): number {
  const held = granted.filter((scope) => known.has(scope) && scope.startsWith(`${area}:`));
  return Math.max(0, ...held.map(parseLevel));
}

function parseLevel(scope: string): number {
  return levels.indexOf(scope.slice(scope.indexOf(':') + 1) as (typeof levels)[number]);
}

/**
 * Reads `max_scope`: one text, or a list of texts; between items are blanks or commas. What it does not name is `none`;
 * an explicit `none` is kept.
 *
 * @returns scopes in the order of the alphabet
 * @throws InvalidFieldError for anything but `area:level`, and for an area with two levels
 */
export function parseMaxScope(value: unknown): readonly string[] {
  const scopes = [...new Set(splitItems(value))].sort();
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

/** The items of a scope as it was sent. @throws InvalidFieldError for anything but text */
export function splitItems(value: unknown): readonly string[] {
  return readWords(value, 'must be a text or a list of texts');
}

/**
 * The scopes of a token: what was asked for, quietly narrowed to what the key holds. A request that names areas with a
 * level is given these alone; one that only takes areas away, or names none, is given the rest.
 *
 * @param asked - of the request, without terms; what Deribit does not know among it is nothing that could be given
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

/** What two lists of scopes have in common: of each area the lower level, without `none`. */
export function intersectScopes(one: readonly string[], other: readonly string[]): readonly string[] {
  return areas
    .map((area) => ({ area, level: Math.min(getGrantedLevel(one, area), getGrantedLevel(other, area)) }))
    .filter(({ level }) => level > 0)
    .map(({ area, level }) => `${area}:${levels[level]}`);
}

/**
 * The catalogue of Deribit's keyspace.
 *
 * @param mapScopes - what its scopes are worth on the app's own routes
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
