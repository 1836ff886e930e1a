import { maxCredits, type Credits } from './credits.js';
import { InvalidFieldError } from './key-fields.js';
import type { PlanCredits } from './plan-credits.js';
import {
  maxLimit,
  maxRateLimits,
  maxWindowSeconds,
  rateLimitNamePattern,
  type RateLimit,
} from './rate-limit.js';

/** Parses the windows that a key's requests count against; `[]` for none. */
export function parseRateLimits(value: unknown): readonly RateLimit[] {
  if (!Array.isArray(value)) fail('must be a list of limits, [] for none');
  if (value.length > maxRateLimits) fail(`must contain at most ${maxRateLimits} limits`);
  const limits = Array.from(value, (entry: unknown, index) => parseRateLimit(entry, `entry ${index + 1}`));
  if (new Set(limits.map(({ name }) => name)).size < limits.length) fail('must not use a name twice');
  return limits;
}

function parseRateLimit(value: unknown, where: string): RateLimit {
  const { name, limit, windowSeconds } = readKnownMembers(value, ['name', 'limit', 'windowSeconds'], where);
  if (typeof name !== 'string' || !rateLimitNamePattern.test(name)) {
    fail(`${where}: name must be a lower-case word of up to 32 letters, digits, _ and -, such as minute`);
  }
  return {
    name,
    limit: readWholeNumber(limit, 1, maxLimit, `${where}: limit`),
    windowSeconds: readWholeNumber(windowSeconds, 1, maxWindowSeconds, `${where}: windowSeconds`),
  };
}

/** Parses credits; `null`: requests cost none. A refill needs both an amount and an interval, or neither. */
export function parseCredits(value: unknown): Credits | null {
  if (value === null) return null;
  const { remaining, ...refill } = readKnownMembers(
    value,
    ['remaining', 'refillAmount', 'refillIntervalSeconds'],
    '',
  );
  const refillAmount = refill.refillAmount ?? null;
  const refillIntervalSeconds = refill.refillIntervalSeconds ?? null;
  if ((refillAmount === null) !== (refillIntervalSeconds === null)) {
    fail('must have refillAmount and refillIntervalSeconds, or neither');
  }
  return {
    remaining: readWholeNumber(remaining, 0, maxCredits, 'remaining'),
    refillAmount: refillAmount === null ? null : readWholeNumber(refillAmount, 1, maxCredits, 'refillAmount'),
    refillIntervalSeconds:
      refillIntervalSeconds === null
        ? null
        : readWholeNumber(refillIntervalSeconds, 1, maxWindowSeconds, 'refillIntervalSeconds'),
  };
}

/** Parses the credits that a plan gives; `null`: requests cost none. */
export function parsePlanCredits(value: unknown): PlanCredits | null {
  if (value === null) return null;
  const names = ['amount', 'refillIntervalSeconds'] as const;
  const { amount, refillIntervalSeconds: interval = null } = readKnownMembers(value, names, 'credits');
  return {
    amount: readWholeNumber(amount, 0, maxCredits, 'credits.amount'),
    refillIntervalSeconds:
      interval === null
        ? null
        : readWholeNumber(interval, 1, maxWindowSeconds, 'credits.refillIntervalSeconds'),
  };
}

/**
 * Returns the members of an object, and accepts no unknown ones: a misspelt limit must not be silently ignored.
 *
 * @param where - for messages; empty where they stand behind the name of the field already
 */
function readKnownMembers<N extends string>(
  value: unknown,
  names: readonly N[],
  where: string,
): Partial<Record<N, unknown>> {
  const what = where === '' ? '' : `${where} `;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail(`${what}must be an object with ${names.join(', ')}`);
  }
  const given = Object.keys(value);
  if (given.some((name) => !(names as readonly string[]).includes(name))) {
    fail(`${what}must contain nothing but ${names.join(', ')}`);
  }
  return Object.fromEntries(Object.entries(value)) as Partial<Record<N, unknown>>;
}

function readWholeNumber(value: unknown, least: number, most: number, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  return fail(`${what} must be a whole number from ${least} to ${most}`);
}

function fail(message: string): never {
  throw new InvalidFieldError(message);
}
