import {
  lifetimeReaders,
  take,
  takeAsGiven,
  takeFlag,
  takeFunction,
  withDefault,
} from '../../options/option-readers.js';
import { readOptions, type ReadersOf } from '../../options/read-options.js';
import { maxGracePeriodSeconds } from '../../domain/key-fields.js';
import { InvalidOptionError } from '../../errors.js';
import type { LifetimeOptions } from '../lifetime-options.js';
import type { LifetimePolicy } from '../../domain/lifetime-bounds.js';
import type { VerifyAccessToken } from '../verify-access-token.js';
import { takeVerifyAccessToken } from '../verify-access-token.js';
import type { SignIn } from './sign-in.js';

/** Options of `deltadefiRouter`. */
export interface DeltadefiOptions extends LifetimeOptions {
  /** Returns the owner of a JWT: with it, owners create their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /**
   * Signs an owner of a wallet in: `POST /accounts/signin`.
   *
   * @default undefined - there is no such endpoint
   */
  readonly signIn?: SignIn | undefined;
  /**
   * The app's scopes that new keys get; DeltaDeFi has none. A key that creates a key grants the scopes that it has.
   *
   * @default all
   */
  readonly defaultScopes?: readonly string[] | undefined;
  /**
   * Whether a new key revokes the other keys of its owner, as in DeltaDeFi. `false`: owners have any number of keys.
   *
   * @default true
   */
  readonly singleKey?: boolean | undefined;
  /**
   * How long a replaced key stays valid, in milliseconds, up to 30 days, in whole seconds.
   *
   * @default 0 - it is revoked immediately
   */
  readonly graceMs?: number | undefined;
}

/** Validated options. */
export interface ResolvedDeltadefiOptions extends LifetimePolicy {
  readonly verifyAccessToken: VerifyAccessToken;
  /** `null`: there is no sign-in. */
  readonly signIn: SignIn | null;
  /** Not yet validated, because only the host knows the app's scopes. */
  readonly defaultScopes: unknown;
  readonly singleKey: boolean;
  readonly graceSeconds: number;
}

const readers = {
  verifyAccessToken: takeVerifyAccessToken,
  signIn: withDefault<SignIn | null>(
    takeFunction('a function from { wallet_address } to { token, user_id, … }, or null'),
    null,
  ),
  defaultScopes: takeAsGiven<unknown>(),
  singleKey: withDefault(takeFlag, true),
  graceMs: withDefault(
    take(
      'whole seconds in milliseconds, up to 30 days, for example 60_000',
      (value): value is number => typeof value === 'number' && isGracePeriod(value),
    ),
    0,
  ),
  ...lifetimeReaders,
} satisfies ReadersOf<DeltadefiOptions>;

/** @throws InvalidOptionError with what to write instead */
export function resolveDeltadefiOptions(value: unknown): ResolvedDeltadefiOptions {
  const { graceMs, ...options } = readOptions('deltadefiRouter', value, readers);
  if (graceMs > 0 && !options.singleKey) {
    throw new InvalidOptionError('deltadefiRouter.graceMs: needs singleKey: otherwise no key is replaced');
  }
  if (graceMs > 0 && options.maxLifetimeDays !== null) {
    throw new InvalidOptionError(
      'deltadefiRouter: give either graceMs or maxLifetimeDays: with a grace period the same key goes on, and ends as it would have',
    );
  }
  return { ...options, graceSeconds: graceMs / 1000 };
}

function isGracePeriod(graceMs: number): boolean {
  const seconds = graceMs / 1000;
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= maxGracePeriodSeconds;
}
