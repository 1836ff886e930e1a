/** How long keys may live, and how long they may stay unused, in days. */
export interface LifetimeBounds {
  /** Counted from creation; `null`: no bound. */
  readonly maxLifetimeDays: number | null;
  /** Counted from the last use, or from when the key was made usable; `null`: no bound. */
  readonly maxIdleDays: number | null;
}

/** Maximum value of both bounds: ten years. */
export const largestLifetimeDays = 3650;

/** How long keys may live, and which keys that applies to. */
export interface LifetimePolicy extends LifetimeBounds {
  /** Whether it applies to all keys, whenever they were created. */
  readonly enforceOnExisting: boolean;
}
