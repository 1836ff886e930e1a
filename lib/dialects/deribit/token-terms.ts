import { toCanonicalAddress } from '../../domain/address.js';
import { InvalidFieldError } from '../../domain/key-fields.js';
import type { TokenTerms } from '../../domain/token-terms.js';

/** Maximum length of a session name, in characters. Python clients compose names of class, time and UUID: 54 and more. */
const maxSessionNameLength = 128;
const sessionName = new RegExp(`^[\\w.-]{1,${maxSessionNameLength}}$`);
/** Ten digits exceed the lifetime of any token. */
const seconds = /^[1-9]\d{0,9}$/;

/** The requested terms: the items of a token's scope beside `area:level`. */
export interface RequestedTerms {
  /** The name of its session; `null`: it belongs to a connection. */
  readonly session: string | null;
  /** `expires:N` and `ip:ADDR`, each in its canonical form. */
  readonly limits: readonly string[];
}

/** Whether an item of a token's scope is a term (session, lifetime, address) and not a scope. */
export function isTokenTerm(item: string): boolean {
  return item === 'connection' || item === 'mainaccount' || /^(?:session|expires|ip):/.test(item);
}

/**
 * Reads the terms among the items of a request. `connection` and `mainaccount` are ignored, because the server sets them.
 *
 * @throws InvalidFieldError for a malformed term: a client that limits a token must not get one without that limit
 */
export function readTerms(items: readonly string[]): RequestedTerms {
  const sessions = new Set(listValues(items, 'session'));
  const [session = null] = sessions;
  if (sessions.size > 1) throw new InvalidFieldError('must name one session');
  if (session !== null) checkSessionName(session);
  const lifetimes = listValues(items, 'expires').map((value) => {
    if (!seconds.test(value)) throw new InvalidFieldError('must have seconds after expires:');
    return Number(value);
  });
  const addresses = listValues(items, 'ip').map((value) => {
    const address = value === '*' ? value : toCanonicalAddress(value);
    if (address === null) throw new InvalidFieldError('must have an IP address or * after ip:');
    return address;
  });
  const limits = [
    ...(lifetimes.length === 0 ? [] : [`expires:${Math.min(...lifetimes)}`]),
    ...[...new Set(addresses)].map((address) => `ip:${address}`),
  ];
  return { session, limits };
}

/** @throws InvalidFieldError */
export function checkSessionName(name: string): void {
  if (sessionName.test(name)) return;
  throw new InvalidFieldError(
    `must name a session with 1 to ${maxSessionNameLength} letters, digits, _, . and -`,
  );
}

/** The name of the session in a token's scope; `null` for a token of a connection. */
export function findSession(items: readonly string[]): string | null {
  return listValues(items, 'session')[0] ?? null;
}

/** @param lifetimeSeconds - of tokens that do not request a shorter one; `null`: the lifetime of all keyspaces */
export function createTokenTerms(lifetimeSeconds: number | null): TokenTerms {
  return {
    has: isTokenTerm,
    addressesOf(items) {
      const addresses = listValues(items, 'ip').filter((value) => value !== '*');
      return addresses.length === 0 ? null : addresses;
    },
    lifetimeSeconds,
    maxLifetimeOf: (items) => listValues(items, 'expires').map(Number)[0] ?? null,
  };
}

/** Lists the values of the items `name:value`. */
function listValues(items: readonly string[], name: string): readonly string[] {
  const head = `${name}:`;
  return items.filter((item) => item.startsWith(head)).map((item) => item.slice(head.length));
}
