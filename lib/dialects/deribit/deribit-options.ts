import { knownObject } from '../../options/known-object.js';
import { minTokenLifetimeSeconds } from '../../domain/access-token.js';
import { InvalidOptionError } from '../../errors.js';
import type { VerifyAccessToken } from '../callers.js';
import type { ScopeMap } from '../scope-map.js';
import { resolveSecondFactor, type SecondFactor, type SecondFactorOption } from './second-factor-option.js';

/** Options of `deribitRouter`. */
export interface DeribitOptions {
  /** Says whose session token or JWT a caller has sent: so owners make their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /**
   * What scopes of Deribit are worth on the app's own routes: `{ 'trade:read': ['orders:read'] }`.
   *
   * @default {} nothing
   */
  readonly scopeMap?: ScopeMap | undefined;
  /**
   * Whether answers say that they come from a test system.
   *
   * @default false
   */
  readonly testnet?: boolean | undefined;
  /**
   * How `max_scope` is written in answers: one text with spaces, as in all of Deribit's examples, or a list, as in its
   * schema.
   *
   * @default 'string'
   */
  readonly maxScope?: 'string' | 'array' | undefined;
  /**
   * Whether names with spaces are refused. Otherwise spaces become underscores: Deribit's own example has spaces.
   *
   * @default false
   */
  readonly strictName?: boolean | undefined;
  /**
   * Most keys of an owner, 1 to 100.
   *
   * @default 8
   */
  readonly maxKeys?: number | undefined;
  /**
   * How long access tokens live that do not ask for less, 60 to 31,536,000 seconds; never longer than their key.
   *
   * @default undefined as the option `tokens` of `createApiKeys` says
   */
  readonly tokenLifetimeSeconds?: number | undefined;
  /**
   * Asks for a second factor where Deribit's documents do.
   *
   * @default undefined no method asks for one
   */
  readonly secondFactor?: SecondFactorOption | undefined;
}

/** Options that were checked. */
export interface ResolvedDeribitOptions {
  readonly verifyAccessToken: VerifyAccessToken;
  /** Still to be compiled: what the app's scopes are is for the host to say. */
  readonly scopeMap: unknown;
  readonly testnet: boolean;
  readonly maxScope: 'string' | 'array';
  readonly strictName: boolean;
  readonly maxKeys: number;
  readonly tokenLifetimeSeconds: number | null;
  readonly secondFactor: SecondFactor | null;
}

/** Names of the options, for messages. */
const names: Readonly<Record<keyof DeribitOptions, true>> = {
  verifyAccessToken: true,
  scopeMap: true,
  testnet: true,
  maxScope: true,
  strictName: true,
  maxKeys: true,
  tokenLifetimeSeconds: true,
  secondFactor: true,
};

/** Documented: "up to 8 different IDs". */
const documentedMaxKeys = 8;

/** @throws InvalidOptionError with what to write instead */
export function resolveDeribitOptions(value: unknown): ResolvedDeribitOptions {
  const given = knownObject('deribitRouter', value, Object.keys(names)) as Readonly<
    Partial<Record<keyof DeribitOptions, unknown>>
  >;
  const { verifyAccessToken, scopeMap, maxScope = 'string', maxKeys = documentedMaxKeys } = given;
  if (typeof verifyAccessToken !== 'function') {
    fail('verifyAccessToken is a function from an access token of the app to its owner, or null');
  }
  if (maxScope !== 'string' && maxScope !== 'array') fail("maxScope is 'string' or 'array'");
  if (typeof maxKeys !== 'number' || !Number.isInteger(maxKeys) || maxKeys < 1 || maxKeys > 100) {
    fail('maxKeys is a whole number from 1 to 100');
  }
  return {
    verifyAccessToken: verifyAccessToken as VerifyAccessToken,
    scopeMap,
    testnet: flag('testnet', given.testnet),
    maxScope,
    strictName: flag('strictName', given.strictName),
    maxKeys,
    tokenLifetimeSeconds: lifetime(given.tokenLifetimeSeconds),
    secondFactor: resolveSecondFactor(given.secondFactor),
  };
}

/** Documented examples have a year. */
const longestLifetimeSeconds = 31_536_000;

function lifetime(value: unknown): number | null {
  if (value === undefined) return null;
  const seconds = Number.isSafeInteger(value) ? Number(value) : 0;
  if (seconds >= minTokenLifetimeSeconds && seconds <= longestLifetimeSeconds) return seconds;
  return fail(
    `tokenLifetimeSeconds is a whole number from ${minTokenLifetimeSeconds} to ${longestLifetimeSeconds}`,
  );
}

function flag(name: string, value: unknown = false): boolean {
  return typeof value === 'boolean' ? value : fail(`${name} is true or false`);
}

function fail(message: string): never {
  throw new InvalidOptionError(`deribitRouter: ${message}`);
}
