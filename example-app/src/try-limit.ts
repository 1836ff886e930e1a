/** Slows down guessing: few wrong tries per caller and window, counted in this process. */
export interface TryLimit {
  /** Counts a try; returns 0 when it may be made, else the seconds to wait. */
  take(caller: string): number;
  /** Forgets a try that was right. */
  giveBack(caller: string): void;
}

/** A caller that has taken `most` tries waits until the window that began with the first of them is over. */
export function createTryLimit({ most, windowSeconds }: { most: number; windowSeconds: number }): TryLimit {
  const taken = new Map<string, { count: number; until: number }>();

  return {
    take(caller) {
      const now = Date.now();
      for (const [other, { until }] of taken) if (until <= now) taken.delete(other);
      const window = taken.get(caller) ?? { count: 0, until: now + windowSeconds * 1000 };
      if (window.count >= most) return Math.ceil((window.until - now) / 1000);
      taken.set(caller, { ...window, count: window.count + 1 });
      return 0;
    },

    giveBack(caller) {
      const window = taken.get(caller);
      if (window !== undefined) taken.set(caller, { ...window, count: window.count - 1 });
    },
  };
}
