import {
  lifetimeReaders,
  takeAsGiven,
  takeFlag,
  takeFunction,
  takeOneOf,
  takeWholeNumber,
  withDefault,
} from '../../options/option-readers.js';
import { readOptions, type ReadersOf } from '../../options/read-options.js';
import type { LifetimeOptions } from '../lifetime-options.js';
import type { LifetimePolicy } from '../../domain/lifetime-bounds.js';
import type { VerifyAccessToken } from '../verify-access-token.js';
import { takeVerifyAccessToken } from '../verify-access-token.js';
import type { NebulaLogin } from './login.js';

/** Options of `nebulaRouter`. */
export interface NebulaOptions extends LifetimeOptions {
  /** Returns the owner of an access token: with it, owners create their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /**
   * Issues an access token for a user name and a password: `POST /login`.
   *
   * @default undefined - there is no such endpoint
   */
  readonly login?: NebulaLogin | undefined;
  /**
   * The app's scopes that new keys get; Nebula Block has none. A key that creates a key grants the scopes that it has.
   *
   * @default all
   */
  readonly defaultScopes?: readonly string[] | undefined;
  /**
   * Maximum number of keys of an owner, 1 to 1,000: all of them are in one list.
   *
   * @default 1_000
   */
  readonly maxKeysPerOwner?: number | undefined;
  /**
   * The ids in responses: UUIDs, or the numbers 1, 2, 3 … for each owner. Requests may use either.
   *
   * @default 'uuid'
   */
  readonly ids?: 'uuid' | 'integer' | undefined;
  /**
   * Whether keys may create, list and delete keys, as documented. `false`: only access tokens may, and a key can only delete
   * itself.
   *
   * @default true
   */
  readonly keysMayManage?: boolean | undefined;
}

/** Validated options. */
export interface ResolvedNebulaOptions extends LifetimePolicy {
  readonly verifyAccessToken: VerifyAccessToken;
  /** `null`: there is no login. */
  readonly login: NebulaLogin | null;
  /** Not yet validated, because only the host knows the app's scopes. */
  readonly defaultScopes: unknown;
  readonly maxKeysPerOwner: number;
  readonly ids: 'uuid' | 'integer';
  readonly keysMayManage: boolean;
}

/** The documented list has no pages, so its length must be bounded. */
const largestMaxKeys = 1_000;

const readers = {
  verifyAccessToken: takeVerifyAccessToken,
  login: withDefault<NebulaLogin | null>(
    takeFunction('a function from { username, password } to { jwtToken }, or null'),
    null,
  ),
  defaultScopes: takeAsGiven<unknown>(),
  maxKeysPerOwner: withDefault(takeWholeNumber(1, largestMaxKeys), largestMaxKeys),
  ids: withDefault(takeOneOf('uuid', 'integer'), 'uuid'),
  keysMayManage: withDefault(takeFlag, true),
  ...lifetimeReaders,
} satisfies ReadersOf<NebulaOptions>;

/** @throws InvalidOptionError with what to write instead */
export function resolveNebulaOptions(value: unknown): ResolvedNebulaOptions {
  return readOptions('nebulaRouter', value, readers);
}
