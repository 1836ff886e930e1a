import { RecentMap } from '../domain/two-generations.js';

/** The failed attempts under one name in one window. */
export interface FailureWindow {
  failures: number;
  /** Attempts whose outcome is not known yet. */
  pending: number;
  /** Monotonic, in milliseconds. */
  readonly endsAt: number;
}

/** How many attempts may fail in a window, which begins with the first of them. */
export interface FailureWindowLimits {
  readonly failures: number;
  readonly windowSeconds: number;
}

/**
 * The maximum number of names that are tracked. An attacker with more names than this need not wait for a window to
 * end.
 */
const maxNames = 10_000;

/** Counts failed attempts by name, in this process. */
export class FailureWindows {
  readonly #limits: FailureWindowLimits;
  readonly #now: () => number;
  readonly #windows = new RecentMap<FailureWindow>(maxNames);

  /** @param now - monotonic, in milliseconds */
  constructor(limits: FailureWindowLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Reserves one attempt that may fail; settle it with {@link settle}.
   *
   * @returns `null` when none is left
   */
  begin(name: string): FailureWindow | null {
    const window = this.#windowOf(name);
    if (window.failures + window.pending >= this.#limits.failures) return null;
    window.pending += 1;
    return window;
  }

  /** Records the outcome of an attempt that was begun. */
  settle(window: FailureWindow, hasFailed: boolean): void {
    window.pending -= 1;
    if (hasFailed) window.failures += 1;
  }

  /**
   * Counts a failed attempt.
   *
   * @returns 0, or the seconds until the window ends when none was left
   */
  fail(name: string): number {
    const window = this.#windowOf(name);
    if (window.failures >= this.#limits.failures) return this.secondsLeft(name);
    window.failures += 1;
    return 0;
  }

  /** Whole seconds until the current window ends, at least 1. */
  secondsLeft(name: string): number {
    return Math.max(1, Math.ceil((this.#windowOf(name).endsAt - this.#now()) / 1000));
  }

  #windowOf(name: string): FailureWindow {
    const now = this.#now();
    const known = this.#windows.get(name);
    if (known !== undefined && now < known.endsAt) return known;
    const window = { failures: 0, pending: 0, endsAt: now + this.#limits.windowSeconds * 1000 };
    this.#windows.set(name, window);
    return window;
  }
}
