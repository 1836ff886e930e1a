import {
  allowAbsent,
  lifetimeReaders,
  takeAsGiven,
  takeFlag,
  takeFunction,
  takeListOf,
  takeOneOf,
  takeWholeNumber,
  withDefault,
} from '../../options/option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from '../../options/read-options.js';
import { keyOperations, type StepUpOperation } from '../../http/step-up-options.js';
import { maxTokenLifetimeSeconds } from '../../domain/access-token.js';
import { maxLimit, type RateLimit } from '../../domain/rate-limit.js';
import { InvalidOptionError } from '../../errors.js';
import type { LifetimeOptions } from '../lifetime-options.js';
import type { LifetimePolicy } from '../../domain/lifetime-bounds.js';
import type { VerifyAccessToken } from '../verify-access-token.js';
import { takeVerifyAccessToken } from '../verify-access-token.js';
import type { ScopeMap } from '../scope-map.js';
import type { SecondFactorSettings, VerifySecondFactor } from './second-factor.js';

/** Options of `yativoRouter`. */
export interface YativoOptions extends LifetimeOptions {
  /** Returns the owner of an access token of the app: with it, owners create their first key. */
  readonly verifyAccessToken: VerifyAccessToken;
  /** The app's scopes that permissions grant on the app's own routes. Permissions that are not in it grant nothing there. */
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
   * The status of the response to a created key.
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
   * Lifetime of the tokens of new keys, 1 to 1,440 minutes.
   *
   * @default 60
   */
  readonly tokenLifetimeMinutes?: number | undefined;
}

/** Maximum number of requests in each window, 1 to 1,000,000,000. Omitted windows have the documented limit. */
export interface YativoRateLimits {
  readonly minute?: number | undefined;
  readonly hour?: number | undefined;
  readonly day?: number | undefined;
}

/** Validated options; `scopeMap` is not validated yet, because that needs the app's scopes. */
export interface ResolvedYativoOptions extends LifetimePolicy {
  readonly verifyAccessToken: VerifyAccessToken;
  readonly scopeMap: unknown;
  /** `null`: no second factor. */
  readonly secondFactor: SecondFactorSettings | null;
  readonly createdStatus: 200 | 201;
  readonly acceptKeyHeaders: boolean;
  readonly rateLimits: readonly RateLimit[];
  readonly tokenLifetimeSeconds: number;
}

/** The windows of a key, each with its documented limit. */
const windows: Readonly<Record<keyof YativoRateLimits, Omit<RateLimit, 'name'>>> = {
  minute: { limit: 60, windowSeconds: 60 },
  hour: { limit: 3000, windowSeconds: 3600 },
  day: { limit: 50_000, windowSeconds: 86_400 },
};

const takeLimit = (name: keyof YativoRateLimits): OptionReader<number> =>
  withDefault(takeWholeNumber(1, maxLimit), windows[name].limit);
const limitReaders = {
  minute: takeLimit('minute'),
  hour: takeLimit('hour'),
  day: takeLimit('day'),
} satisfies ReadersOf<YativoRateLimits>;

const maxTokenMinutes = maxTokenLifetimeSeconds / 60;

const readers = {
  verifyAccessToken: takeVerifyAccessToken,
  scopeMap: takeAsGiven<unknown>(),
  verifySecondFactor: allowAbsent(takeFunction<VerifySecondFactor>('a function that checks a code')),
  secondFactorFor: allowAbsent(takeListOf<StepUpOperation>(keyOperations)),
  createdStatus: withDefault(takeOneOf(200, 201), 200),
  acceptKeyHeaders: withDefault(takeFlag, false),
  rateLimits: readRateLimits,
  tokenLifetimeMinutes: withDefault(takeWholeNumber(1, maxTokenMinutes), 60),
  ...lifetimeReaders,
} satisfies ReadersOf<YativoOptions>;

/** @throws InvalidOptionError with what to write instead */
export function resolveYativoOptions(input: unknown): ResolvedYativoOptions {
  const options = readOptions('yativoRouter', input, readers);
  const { verifySecondFactor, secondFactorFor, tokenLifetimeMinutes, ...others } = options;
  return {
    ...others,
    secondFactor: resolveSecondFactor(verifySecondFactor, secondFactorFor),
    tokenLifetimeSeconds: 60 * tokenLifetimeMinutes,
  };
}

function resolveSecondFactor(
  verify: VerifySecondFactor | undefined,
  operations: readonly StepUpOperation[] | undefined,
): SecondFactorSettings | null {
  if (verify !== undefined) return { operations: new Set(operations ?? keyOperations), verify };
  if (operations === undefined) return null;
  throw new InvalidOptionError('yativoRouter.secondFactorFor: needs verifySecondFactor');
}

function readRateLimits(value: unknown, path: string): readonly RateLimit[] {
  const given = readOptions(path, value === undefined ? {} : value, limitReaders);
  return (Object.keys(windows) as (keyof YativoRateLimits)[]).map((name) => ({
    name,
    limit: given[name],
    windowSeconds: windows[name].windowSeconds,
  }));
}
