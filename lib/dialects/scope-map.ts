import { InvalidOptionError } from '../errors.js';

/** The scopes of the app that each scope of a dialect grants on the app's own routes: `{ 'trade:read': ['orders:read'] }`. */
export type ScopeMap = Readonly<Record<string, readonly string[]>>;

/** Maps scopes of the dialect to scopes of the app. */
export type MapScopes = (held: readonly string[]) => ReadonlySet<string>;

/**
 * Validates and compiles a map. Scopes that are not in it grant nothing on the app's routes.
 *
 * @param what - the router, for messages
 * @param covers - whether some scopes of the dialect cover another one
 * @throws InvalidOptionError for scopes that the dialect or the app does not have, or that every key holds
 */
export function compileScopeMap(
  what: string,
  value: unknown,
  dialectScopes: readonly string[],
  appScopes: readonly string[],
  covers: (held: readonly string[], required: string) => boolean,
): MapScopes {
  const entries = readEntries(what, value);
  for (const [scope, worth] of entries) {
    refuseUnknown(`${what}: scopeMap: there is no scope`, [scope], dialectScopes);
    refuseUnknown(`${what}: scopeMap: ${scope}: the app has no scope`, worth, appScopes);
    if (covers([], scope)) {
      throw new InvalidOptionError(
        `${what}: scopeMap: ${JSON.stringify(scope)} is granted to every key, even to one without scopes; leave it out`,
      );
    }
  }
  return (held) => {
    const known = new Set<string>();
    for (const [scope, worth] of entries) if (covers(held, scope)) for (const each of worth) known.add(each);
    return known;
  };
}

function readEntries(what: string, value: unknown): readonly (readonly [string, readonly string[]])[] {
  if (value === undefined) return [];
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries: [string, unknown][] = isRecord ? Object.entries(value) : [];
  if (isRecord && entries.every(([, worth]) => isStringList(worth))) {
    return entries as [string, readonly string[]][];
  }
  throw new InvalidOptionError(
    `${what}: scopeMap takes lists of the app's scopes, for example { 'trade:read': ['orders:read'] }`,
  );
}

function isStringList(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function refuseUnknown(message: string, scopes: readonly string[], known: readonly string[]): void {
  const unknown = scopes.find((scope) => !known.includes(scope));
  if (unknown === undefined) return;
  throw new InvalidOptionError(`${message} ${JSON.stringify(unknown)}; it is one of ${known.join(', ')}`);
}
