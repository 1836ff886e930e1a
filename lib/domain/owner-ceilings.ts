import type { RateLimit } from './rate-limit.js';

/** How far the limits and credits of keys go that owners manage themselves. */
export interface OwnerCeilings {
  /** For each of these a key has a window at or below it. */
  readonly rateLimits: readonly RateLimit[];
  /** Most credits that an owner can give a new key; later ones can only take away. `null`: owners are free. */
  readonly credits: number | null;
}

/** Owners are free. */
export const noCeilings: OwnerCeilings = { rateLimits: [], credits: null };

/** Whether a window lets no more through than another: no more requests in no less time. */
export function isAtOrBelow(limit: RateLimit, bound: RateLimit): boolean {
  return limit.limit <= bound.limit && limit.windowSeconds >= bound.windowSeconds;
}

/** The bounds that none of the limits is at or below. */
export function exceededBounds(
  limits: readonly RateLimit[],
  bounds: readonly RateLimit[],
): readonly RateLimit[] {
  return bounds.filter((bound) => !limits.some((limit) => isAtOrBelow(limit, bound)));
}

/**
 * Limits with those bounds added that they exceed, for who has not named any. A bound takes the place of all that it is
 * at or below; where another limit has its name, it gets a number.
 */
export function limitsWithin(
  limits: readonly RateLimit[],
  bounds: readonly RateLimit[],
): readonly RateLimit[] {
  return bounds.reduce((within, bound) => {
    if (exceededBounds(within, [bound]).length === 0) return within;
    const kept = within.filter((limit) => !isAtOrBelow(bound, limit));
    return [...kept, { ...bound, name: freeName(bound.name, kept) }];
  }, limits);
}

function freeName(name: string, taken: readonly RateLimit[]): string {
  const isTaken = (wanted: string): boolean => taken.some((limit) => limit.name === wanted);
  let free = name;
  for (let number = 2; isTaken(free); number += 1) {
    // Names have at most 32 characters.
    free = `${name.slice(0, 28)}-${number}`;
  }
  return free;
}
