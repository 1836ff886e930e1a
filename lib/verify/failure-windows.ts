import { RecentMap } from '../domain/two-generations.js';

/** The failed tries of somebody in one window. */
export interface FailureWindow {
  failures: number;
  /** Tries that are being looked into. */
  pending: number;
  /** Monotonic, in milliseconds. */
  readonly endsAt: number;
}

/** How many tries may fail in a window that begins with the first of them. */
export interface FailureWindowLimits {
  readonly failures: number;
  readonly windowSeconds: number;
}

/** Most names that are remembered. Whoever has more than these has no need to wait for a window to end. */
const maxNames = 10_000;

/** Counts failed tries by name, in this process. */
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
   * Sets a try aside that may fail; it is to be settled with {@link settle}.
   *
   * @returns `null` when none is left
   */
  begin(name: string): FailureWindow | null {
    const window = this.#windowOf(name);
    if (window.failures + window.pending >= this.#limits.failures) return null;
    window.pending += 1;
    return window;
  }

  /** Says how a try ended that was begun. */
  settle(window: FailureWindow, hasFailed: boolean): void {
    window.pending -= 1;
    if (hasFailed) window.failures += 1;
  }

  /**
   * Counts a try that has failed.
   *
   * @returns 0, or the seconds until the window ends when none was left
   */
  fail(name: string): number {
    const window = this.#windowOf(name);
    if (window.failures >= this.#limits.failures) return this.secondsLeft(name);
    window.failures += 1;
    return 0;
  }

  /** Whole seconds until the running window ends, at least 1. */
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
