import { defaultIpv6PrefixLength, networkOf } from '../domain/network.js';

/** How many failed tries a network has, and for how long. */
export interface FailureBudgetOptions {
  /** Failed tries within one window that are answered as any other, 1 to 1,000,000. */
  readonly failures: number;
  /** 1 to 86,400 (a day). A window begins with its first failed try, and no later one extends it. */
  readonly windowSeconds: number;
  /**
   * How many bits of an IPv6 address make one network, 32 to 64. An IPv4 address is one by itself; addresses that are not
   * known are one together.
   *
   * @default 64
   */
  readonly ipv6PrefixLength?: number | undefined;
}

/** The failed tries of one network in one window. */
export interface FailureWindow {
  failures: number;
  /** Tries that are being looked into. */
  pending: number;
  /** Monotonic, in milliseconds. */
  readonly endsAt: number;
}

/** Most networks that are remembered. Whoever has more than these has no need to wait for a window to end. */
const maxNetworks = 10_000;

/** Counts failed tries by network, in this process. */
export class FailureBudget {
  readonly #options: FailureBudgetOptions;
  readonly #now: () => number;
  #young = new Map<string, FailureWindow>();
  #old = new Map<string, FailureWindow>();

  /** @param now - monotonic, in milliseconds */
  constructor(options: FailureBudgetOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  /**
   * Sets a try aside that may fail; it is to be settled with {@link settle}.
   *
   * @returns `null` when the network has none left
   */
  begin(address: string | null): FailureWindow | null {
    const window = this.#windowOf(address);
    if (window.failures + window.pending >= this.#options.failures) return null;
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
   * @returns 0, or the seconds until the window ends when the network had none left
   */
  fail(address: string | null): number {
    const window = this.#windowOf(address);
    if (window.failures >= this.#options.failures) {
      return Math.max(1, Math.ceil((window.endsAt - this.#now()) / 1000));
    }
    window.failures += 1;
    return 0;
  }

  #windowOf(address: string | null): FailureWindow {
    const network = networkOf(address, this.#options.ipv6PrefixLength ?? defaultIpv6PrefixLength);
    const now = this.#now();
    const known = this.#young.get(network) ?? this.#old.get(network);
    const window =
      known !== undefined && now < known.endsAt
        ? known
        : { failures: 0, pending: 0, endsAt: now + this.#options.windowSeconds * 1000 };
    if (this.#young.get(network) !== window) this.#remember(network, window);
    return window;
  }

  #remember(network: string, window: FailureWindow): void {
    if (this.#young.size * 2 >= maxNetworks) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(network, window);
  }
}
