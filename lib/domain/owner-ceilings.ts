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
 * Limits with those bounds added that they exceed, for who has not named any. A bound takes the place of a limit with
 * its name; of two bounds with one name the lower one stays, or else the first one.
 */
export function limitsWithin(
  limits: readonly RateLimit[],
  bounds: readonly RateLimit[],
): readonly RateLimit[] {
  const added = new Map<string, RateLimit>();
  for (const bound of exceededBounds(limits, bounds)) {
    const before = added.get(bound.name);
    if (before === undefined || isAtOrBelow(bound, before)) added.set(bound.name, bound);
  }
  return [...limits.filter(({ name }) => !added.has(name)), ...added.values()];
}
