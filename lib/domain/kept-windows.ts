import { isAtOrBelow } from './owner-ceilings.js';
import type { RateLimit } from './rate-limit.js';

/**
 * What has been counted belongs to a window's name, and goes with it: who may rename a window, or take it off and bring it
 * back, begins it anew whenever it is full.
 */
const isSameWindow = (a: RateLimit, b: RateLimit): boolean =>
  a.name === b.name && a.windowSeconds === b.windowSeconds;

/** Whether every window stays, with no more requests. There may be more windows. */
export function staysTight(before: readonly RateLimit[], after: readonly RateLimit[]): boolean {
  return before.every((window) =>
    after.some((each) => isSameWindow(each, window) && each.limit <= window.limit),
  );
}

/**
 * Whether the first window at or below each bound stays there. Others may come and go, so the order must be that of
 * {@link newWindowsLast}: else a new window could take the place of one that is full.
 */
export function staysBound(
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

/** The windows with those first that there were before, in their order, so that the first has counted the longest. */
export function newWindowsLast(
  before: readonly RateLimit[],
  after: readonly RateLimit[],
): readonly RateLimit[] {
  const kept = before.flatMap((window) => after.filter((each) => isSameWindow(each, window)));
  return [...kept, ...after.filter((each) => !kept.includes(each))];
}
