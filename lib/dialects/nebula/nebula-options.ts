import {
  orDefault,
  takeAsGiven,
  takeFlag,
  takeFunction,
  takeOneOf,
  takeWholeNumber,
} from '../../options/option-readers.js';
import { readOptions, type ReadersOf } from '../../options/read-options.js';
import type { VerifyAccessToken } from '../verify-access-token.js';
import { takeVerifyAccessToken } from '../verify-access-token.js';
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

/** The documented list has no pages, so that it must have an end. */
const largestMaxKeys = 1_000;

const readers = {
  verifyAccessToken: takeVerifyAccessToken,
  login: orDefault<NebulaLogin | null>(
    takeFunction('a function from { username, password } to { jwtToken }, or null'),
    null,
  ),
  defaultScopes: takeAsGiven<unknown>(),
  maxKeysPerOwner: orDefault(takeWholeNumber(1, largestMaxKeys), largestMaxKeys),
  ids: orDefault(takeOneOf('uuid', 'integer'), 'uuid'),
  keysMayManage: orDefault(takeFlag, true),
} satisfies ReadersOf<NebulaOptions>;

/** @throws InvalidOptionError with what to write instead */
export function resolveNebulaOptions(value: unknown): ResolvedNebulaOptions {
  return readOptions('nebulaRouter', value, readers);
}
