import { knownObject } from '../../options/known-object.js';
import { InvalidOptionError } from '../../errors.js';
import type { VerifyAccessToken } from '../callers.js';
import type { NebulaLogin } from './login.js';

/** Options of `nebulaRouter`. */
export interface NebulaOptions {
  /** Says whose access token a caller has sent: so owners make their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /**
   * Gives an access token for a user name and a password: `POST /login`.
   *
   * @default undefined - there is no such endpoint
   */
  readonly login?: NebulaLogin | undefined;
  /**
   * The scopes of the app that keys get; there are none in Nebula Block. A key that makes a key gives the scopes that it has.
   *
   * @default all
   */
  readonly defaultScopes?: readonly string[] | undefined;
  /**
   * Most keys of an owner, 1 to 1,000: all of them are in one list.
   *
   * @default 1_000
   */
  readonly maxKeysPerOwner?: number | undefined;
  /**
   * Which ids answers show: UUIDs, or the numbers 1, 2, 3 … for each owner. Requests may name either.
   *
   * @default 'uuid'
   */
  readonly ids?: 'uuid' | 'integer' | undefined;
  /**
   * Whether keys may make, list and delete keys, as documented. `false`: only access tokens may, and a key only deletes
   * itself.
   *
   * @default true
   */
  readonly keysMayManage?: boolean | undefined;
}

/** Options that were checked. */
export interface ResolvedNebulaOptions {
  readonly verifyAccessToken: VerifyAccessToken;
  /** `null`: nobody logs in here. */
  readonly login: NebulaLogin | null;
  /** Still to be checked: what the app's scopes are is for the host to say. */
  readonly defaultScopes: unknown;
  readonly maxKeysPerOwner: number;
  readonly ids: 'uuid' | 'integer';
  readonly keysMayManage: boolean;
}

/** Names of the options; the compiler finds a missing one. */
const names: Readonly<Record<keyof NebulaOptions, true>> = {
  verifyAccessToken: true,
  login: true,
  defaultScopes: true,
  maxKeysPerOwner: true,
  ids: true,
  keysMayManage: true,
};

/** The documented list has no pages, so that it must have an end. */
const largestMaxKeys = 1_000;

/** @throws InvalidOptionError with what to write instead */
export function resolveNebulaOptions(value: unknown): ResolvedNebulaOptions {
  const given = knownObject('nebulaRouter', value, Object.keys(names)) as Readonly<
    Partial<Record<keyof NebulaOptions, unknown>>
  >;
  const { verifyAccessToken, login, defaultScopes } = given;
  const { maxKeysPerOwner = largestMaxKeys, ids = 'uuid', keysMayManage = true } = given;
  if (typeof verifyAccessToken !== 'function') {
    fail('verifyAccessToken is required: a function from a token to the id of its owner, or null');
  }
  if (login !== undefined && typeof login !== 'function') {
    fail('login takes a function from { username, password } to { jwtToken }, or null');
  }
  if (typeof maxKeysPerOwner !== 'number' || !isMaximum(maxKeysPerOwner)) {
    fail('maxKeysPerOwner takes a whole number from 1 to 1,000');
  }
  if (ids !== 'uuid' && ids !== 'integer') fail("ids takes 'uuid' or 'integer'");
  if (typeof keysMayManage !== 'boolean') fail('keysMayManage takes true or false');
  return {
    verifyAccessToken: verifyAccessToken as VerifyAccessToken,
    login: (login as NebulaLogin | undefined) ?? null,
    ...{ defaultScopes, maxKeysPerOwner, ids, keysMayManage },
  };
}

function isMaximum(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= largestMaxKeys;
}

function fail(message: string): never {
  throw new InvalidOptionError(`nebulaRouter: ${message}`);
}
