import { knownObject } from '../../options/known-object.js';
import { maxGracePeriodSeconds } from '../../domain/key-fields.js';
import { InvalidOptionError } from '../../errors.js';
import type { VerifyAccessToken } from '../callers.js';
import type { SignIn } from './sign-in.js';

/** Options of `deltadefiRouter`. */
export interface DeltadefiOptions {
  /** Says whose JWT a caller has sent: so owners make their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /**
   * Signs an owner of a wallet in: `POST /accounts/signin`.
   *
   * @default undefined - there is no such endpoint
   */
  readonly signIn?: SignIn | undefined;
  /**
   * The scopes of the app that keys get; there are none in DeltaDeFi. A key that makes a key gives the scopes that it has.
   *
   * @default all
   */
  readonly defaultScopes?: readonly string[] | undefined;
  /**
   * Whether a new key ends the others of its owner, as DeltaDeFi's do. `false`: owners have as many as they like.
   *
   * @default true
   */
  readonly singleKey?: boolean | undefined;
  /**
   * How long a replaced key lives on, in milliseconds, up to 30 days, in whole seconds.
   *
   * @default 0 - it ends at once
   */
  readonly graceMs?: number | undefined;
}

/** Options that were checked. */
export interface ResolvedDeltadefiOptions {
  readonly verifyAccessToken: VerifyAccessToken;
  /** `null`: nobody signs in here. */
  readonly signIn: SignIn | null;
  /** Still to be checked: what the app's scopes are is for the host to say. */
  readonly defaultScopes: unknown;
  readonly singleKey: boolean;
  readonly graceSeconds: number;
}

/** Names of the options; the compiler finds a missing one. */
const names: Readonly<Record<keyof DeltadefiOptions, true>> = {
  verifyAccessToken: true,
  signIn: true,
  defaultScopes: true,
  singleKey: true,
  graceMs: true,
};

/** @throws InvalidOptionError with what to write instead */
export function resolveDeltadefiOptions(value: unknown): ResolvedDeltadefiOptions {
  const given = knownObject('deltadefiRouter', value, Object.keys(names)) as Readonly<
    Partial<Record<keyof DeltadefiOptions, unknown>>
  >;
  const { verifyAccessToken, signIn, defaultScopes, singleKey = true, graceMs = 0 } = given;
  if (typeof verifyAccessToken !== 'function') {
    fail('verifyAccessToken is required: a function from a token to the id of its owner, or null');
  }
  if (signIn !== undefined && typeof signIn !== 'function') {
    fail('signIn takes a function from { wallet_address } to { token, user_id, … }, or null');
  }
  if (typeof singleKey !== 'boolean') fail('singleKey takes true or false');
  if (typeof graceMs !== 'number' || !isGrace(graceMs)) {
    fail('graceMs takes whole seconds in milliseconds, up to 30 days, for example 60_000');
  }
  if (graceMs > 0 && !singleKey) fail('graceMs needs singleKey: otherwise no key is replaced');
  return {
    verifyAccessToken: verifyAccessToken as VerifyAccessToken,
    signIn: (signIn as SignIn | undefined) ?? null,
    ...{ defaultScopes, singleKey, graceSeconds: graceMs / 1000 },
  };
}

function isGrace(graceMs: number): boolean {
  const seconds = graceMs / 1000;
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= maxGracePeriodSeconds;
}

function fail(message: string): never {
  throw new InvalidOptionError(`deltadefiRouter: ${message}`);
}
