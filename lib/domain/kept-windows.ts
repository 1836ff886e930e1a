import { isAtOrBelow } from './owner-ceilings.js';
import type { RateLimit } from './rate-limit.js';

/**
 * Counts are stored under a window's name and are lost with it: anyone who may rename a window, or remove and re-add it,
 * can reset it whenever it is full.
 */
const isSameWindow = (a: RateLimit, b: RateLimit): boolean =>
  a.name === b.name && a.windowSeconds === b.windowSeconds;

/** Whether every window is kept, with a limit that is not raised. Windows may be added. */
export function isStillTight(before: readonly RateLimit[], after: readonly RateLimit[]): boolean {
  return before.every((window) =>
    after.some((each) => isSameWindow(each, window) && each.limit <= window.limit),
  );
}

/**
 * Whether the first window at or below each bound stays there. Others may be added and removed, so the order must be that
 * of {@link sortNewWindowsLast}: otherwise a new window could replace one that is full.
 */
export function isStillBound(
  before: readonly RateLimit[],
  after: readonly RateLimit[],
  bounds: readonly RateLimit[],
): boolean {
  return bounds.every((bound) => {
    const holder = before.find((window) => isAtOrBelow(window, bound));
    return (
      holder === undefined || after.some((each) => isSameWindow(each, holder) && isAtOrBelow(each, bound))
    );
  });
}

/** Returns the windows with the existing ones first, in their previous order, so that the first has counted the longest. */
export function sortNewWindowsLast(
  before: readonly RateLimit[],
  after: readonly RateLimit[],
): readonly RateLimit[] {
  const kept = before.flatMap((window) => after.filter((each) => isSameWindow(each, window)));
  return [...kept, ...after.filter((each) => !kept.includes(each))];
}
