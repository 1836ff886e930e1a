import { maxCredits } from '../domain/credits.js';
import { InvalidFieldError } from '../domain/key-fields.js';
import { adviceFor } from '../domain/known-names.js';
import { parseRateLimits } from '../domain/limit-fields.js';
import { noCeilings, type OwnerCeilings } from '../domain/owner-ceilings.js';
import type { RateLimit } from '../domain/rate-limit.js';
import { InvalidOptionError } from '../errors.js';

/** How far owners may go with the limits and credits of their keys. */
export interface OwnerCeilingsOption {
  /**
   * For each of these, every key that an owner makes or limits has a window with no more requests in no less time. That
   * window then stays, with its name and length; owners may change its limit. Who names no limits gets these.
   */
  readonly rateLimits?: readonly RateLimit[] | undefined;
  /**
   * Most credits of a key that an owner makes; who names none gets so many. Owners can only take away later, and give
   * no refills.
   */
  readonly credits?: number | undefined;
}

/** What becomes of requests with limited keys while Redis is away. */
export type LimiterOutage = 'per-process' | 'deny';

/** The options about limits, with their defaults. */
export interface LimitOptions {
  readonly ownerRateLimits: readonly RateLimit[];
  readonly onLimiterOutage: LimiterOutage;
  readonly ownerCeilings: OwnerCeilings;
}

interface LimitOptionsInput {
  readonly ownerRateLimits?: unknown;
  readonly onLimiterOutage?: unknown;
  readonly ownerCeilings?: unknown;
  readonly redis?: unknown;
}

/** @throws InvalidOptionError when they make no sense */
export function readLimitOptions(input: LimitOptionsInput): LimitOptions {
  const { ownerRateLimits = [], ownerCeilings, redis } = input;
  const onLimiterOutage = input.onLimiterOutage ?? 'per-process';
  if (onLimiterOutage !== 'per-process' && onLimiterOutage !== 'deny') {
    throw new InvalidOptionError("onLimiterOutage: takes 'per-process' or 'deny'");
  }
  if (input.onLimiterOutage !== undefined && redis === undefined) {
    throw new InvalidOptionError('onLimiterOutage: needs redis; without it every process counts for itself');
  }
  return {
    ownerRateLimits: readRateLimits('ownerRateLimits', ownerRateLimits),
    onLimiterOutage,
    ownerCeilings: ownerCeilings === undefined ? noCeilings : readCeilings(ownerCeilings),
  };
}

const ceilingNames = ['rateLimits', 'credits'];

function readCeilings(value: unknown): OwnerCeilings {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError('ownerCeilings: takes an object with rateLimits, credits or both');
  }
  for (const name of Object.keys(value)) {
    if (ceilingNames.includes(name)) continue;
    throw new InvalidOptionError(
      `ownerCeilings: unknown name ${JSON.stringify(name)}; ${adviceFor(name, ceilingNames)}`,
    );
  }
  const { rateLimits = [], credits = null } = value as Record<string, unknown>;
  if (credits !== null && !isAmount(credits)) {
    throw new InvalidOptionError(`ownerCeilings: credits is a whole number from 0 to ${maxCredits}`);
  }
  return { rateLimits: readRateLimits('ownerCeilings.rateLimits', rateLimits), credits };
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= maxCredits;
}

function readRateLimits(option: string, value: unknown): readonly RateLimit[] {
  try {
    return parseRateLimits(value);
  } catch (error) {
    if (!(error instanceof InvalidFieldError)) throw error;
    throw new InvalidOptionError(
      `${option}: ${error.message}, for example [{ name: 'minute', limit: 60, windowSeconds: 60 }]`,
    );
  }
}
