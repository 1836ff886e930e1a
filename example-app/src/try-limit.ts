/** Brute-force protection: limits failed attempts per caller and window, counted in this process. */
export interface TryLimit {
  /** Counts an attempt; returns 0 if it is allowed, otherwise the seconds to wait. */
  take(caller: string): number;
  /** Uncounts an attempt that succeeded. */
  giveBack(caller: string): void;
}

/** A caller that has used `max` attempts waits until the end of the window, which began with the first of them. */
export function createTryLimit({ max, windowSeconds }: { max: number; windowSeconds: number }): TryLimit {
  const taken = new Map<string, { count: number; until: number }>();

  return {
    take(caller) {
      const now = Date.now();
      for (const [other, { until }] of taken) if (until <= now) taken.delete(other);
      const window = taken.get(caller) ?? { count: 0, until: now + windowSeconds * 1000 };
      if (window.count >= max) return Math.ceil((window.until - now) / 1000);
      taken.set(caller, { ...window, count: window.count + 1 });
      return 0;
    },

    giveBack(caller) {
      const window = taken.get(caller);
      if (window !== undefined) taken.set(caller, { ...window, count: window.count - 1 });
    },
  };
}
