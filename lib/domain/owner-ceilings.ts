import type { RateLimit } from './rate-limit.js';

/** Upper bounds on the rate limits and credits of keys that owners manage themselves. */
export interface OwnerCeilings {
  /** A key must have a window at or below each of these. */
  readonly rateLimits: readonly RateLimit[];
  /** Maximum credits that an owner can give a new key; later changes can only reduce them. `null`: no maximum. */
  readonly credits: number | null;
}

/** No bounds. */
export const noCeilings: OwnerCeilings = { rateLimits: [], credits: null };

/** Whether a window allows no more than another: no more requests in no less time. */
export function isAtOrBelow(limit: RateLimit, bound: RateLimit): boolean {
  return limit.limit <= bound.limit && limit.windowSeconds >= bound.windowSeconds;
}

/** Returns the bounds that none of the limits is at or below. */
export function listExceededBounds(
  limits: readonly RateLimit[],
  bounds: readonly RateLimit[],
): readonly RateLimit[] {
  return bounds.filter((bound) => !limits.some((limit) => isAtOrBelow(limit, bound)));
}

/**
 * Returns the limits plus the bounds that they exceed, for requests that name no limits. A bound replaces every limit that
 * it is at or below; if another limit has its name, a number is appended to the bound's name.
 */
export function narrowToBounds(
  limits: readonly RateLimit[],
  bounds: readonly RateLimit[],
): readonly RateLimit[] {
  return bounds.reduce((within, bound) => {
    if (listExceededBounds(within, [bound]).length === 0) return within;
    const kept = within.filter((limit) => !isAtOrBelow(bound, limit));
    return [...kept, { ...bound, name: findFreeName(bound.name, kept) }];
  }, limits);
}

function findFreeName(name: string, taken: readonly RateLimit[]): string {
  const isTaken = (wanted: string): boolean => taken.some((limit) => limit.name === wanted);
  let free = name;
  for (let number = 2; isTaken(free); number += 1) {
    // Names have at most 32 characters.
    free = `${name.slice(0, 28)}-${number}`;
  }
  return free;
}
