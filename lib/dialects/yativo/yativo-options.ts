import { knownObject } from '../../options/known-object.js';
import { stepUpOperations, type StepUpOperation } from '../../http/step-up-options.js';
import { maxTokenLifetimeSeconds } from '../../domain/access-token.js';
import { maxLimit, type RateLimit } from '../../domain/rate-limit.js';
import { InvalidOptionError } from '../../errors.js';
import type { VerifyAccessToken } from '../callers.js';
import type { ScopeMap } from '../scope-map.js';
import type { SecondFactorSettings, VerifySecondFactor } from './second-factor.js';

/** Options of `yativoRouter`. */
export interface YativoOptions {
  /** Says whose access token of the app a caller has sent: so owners make their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /** What permissions are worth on the app's own routes. What is not in it is worth nothing there. */
  readonly scopeMap?: ScopeMap | undefined;
  /**
   * Checks the codes that come as `X-2FA-Token`. A code that was right is used up, and after five wrong ones an owner has to
   * wait. Default: no code is asked for.
   */
  readonly verifySecondFactor?: VerifySecondFactor | undefined;
  /**
   * Which operations need a code.
   *
   * @default ['create', 'update', 'rotate', 'revoke'] - where there is `verifySecondFactor`
   */
  readonly secondFactorFor?: readonly StepUpOperation[] | undefined;
  /**
   * The status of the answer to a key that was made.
   *
   * @default 200
   */
  readonly createdStatus?: 200 | 201 | undefined;
  /**
   * Whether callers may also send `X-API-Key` and `X-API-Secret` in place of a token. `X-API-Key` alone is never enough.
   *
   * @default false
   */
  readonly acceptKeyHeaders?: boolean | undefined;
  /** The limits of new keys, in requests. Default: 60 in a minute, 3,000 in an hour, 50,000 in a day. */
  readonly rateLimits?: YativoRateLimits | undefined;
  /**
   * How long tokens of new keys live, 1 to 1,440 minutes.
   *
   * @default 60
   */
  readonly tokenLifetimeMinutes?: number | undefined;
}

/** Most requests in each window, 1 to 1,000,000,000. What is left out is as documented. */
export interface YativoRateLimits {
  readonly minute?: number | undefined;
  readonly hour?: number | undefined;
  readonly day?: number | undefined;
}

/** Options that were checked; `scopeMap` is not, because that needs the app's scopes. */
export interface ResolvedYativoOptions {
  readonly verifyAccessToken: VerifyAccessToken;
  readonly scopeMap: unknown;
  /** `null`: no second factor. */
  readonly secondFactor: SecondFactorSettings | null;
  readonly createdStatus: 200 | 201;
  readonly acceptKeyHeaders: boolean;
  readonly rateLimits: readonly RateLimit[];
  readonly tokenLifetimeSeconds: number;
}

/** The windows of a key, each with the limit that is documented. */
const windows: Readonly<Record<keyof YativoRateLimits, Omit<RateLimit, 'name'>>> = {
  minute: { limit: 60, windowSeconds: 60 },
  hour: { limit: 3000, windowSeconds: 3600 },
  day: { limit: 50_000, windowSeconds: 86_400 },
};
const longestTokenMinutes = maxTokenLifetimeSeconds / 60;

const known: Readonly<Record<keyof YativoOptions, true>> = {
  verifyAccessToken: true,
  scopeMap: true,
  verifySecondFactor: true,
  secondFactorFor: true,
  createdStatus: true,
  acceptKeyHeaders: true,
  rateLimits: true,
  tokenLifetimeMinutes: true,
};

/** @throws InvalidOptionError with what to write instead */
export function resolveYativoOptions(input: unknown): ResolvedYativoOptions {
  const options = knownObject('yativoRouter', input, Object.keys(known)) as Partial<
    Record<keyof YativoOptions, unknown>
  >;
  const { verifyAccessToken, createdStatus = 200, acceptKeyHeaders = false } = options;
  if (typeof verifyAccessToken !== 'function') {
    fail('verifyAccessToken is a function from an access token of the app to the id of its owner, or null');
  }
  if (createdStatus !== 200 && createdStatus !== 201) fail('createdStatus is 200 or 201');
  if (typeof acceptKeyHeaders !== 'boolean') fail('acceptKeyHeaders is true or false');
  const { tokenLifetimeMinutes = 60, rateLimits = {} } = options;
  if (!isWithin(tokenLifetimeMinutes, longestTokenMinutes)) {
    fail(`tokenLifetimeMinutes is a whole number from 1 to ${longestTokenMinutes}`);
  }
  return {
    verifyAccessToken: verifyAccessToken as VerifyAccessToken,
    scopeMap: options.scopeMap,
    secondFactor: readSecondFactor(options.verifySecondFactor, options.secondFactorFor),
    createdStatus,
    acceptKeyHeaders,
    rateLimits: readRateLimits(rateLimits),
    tokenLifetimeSeconds: 60 * tokenLifetimeMinutes,
  };
}

function readSecondFactor(verify: unknown, operations: unknown): SecondFactorSettings | null {
  if (verify === undefined) {
    if (operations !== undefined) fail('secondFactorFor needs verifySecondFactor');
    return null;
  }
  if (typeof verify !== 'function') fail('verifySecondFactor is a function that checks a code');
  const wanted = operations ?? stepUpOperations;
  const isKnown = (each: unknown): boolean => (stepUpOperations as readonly unknown[]).includes(each);
  if (!Array.isArray(wanted) || wanted.length === 0 || !wanted.every(isKnown)) {
    fail(`secondFactorFor is a list of at least one of ${stepUpOperations.join(', ')}`);
  }
  return { operations: new Set(wanted as StepUpOperation[]), verify: verify as VerifySecondFactor };
}

function readRateLimits(value: unknown): readonly RateLimit[] {
  const names = Object.keys(windows) as (keyof YativoRateLimits)[];
  const given = knownObject('yativoRouter: rateLimits', value, names) as Record<string, unknown>;
  return names.map((name) => {
    const limit = given[name] ?? windows[name].limit;
    if (!isWithin(limit, maxLimit)) fail(`rateLimits: ${name} is a whole number from 1 to ${maxLimit}`);
    return { name, limit, windowSeconds: windows[name].windowSeconds };
  });
}

function isWithin(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most;
}

function fail(message: string): never {
  throw new InvalidOptionError(`yativoRouter: ${message}`);
}
