import { defaultIpv6PrefixLength, toNetwork } from '../domain/network.js';
import { FailureWindows, type FailureWindow } from './failure-windows.js';

/** How many failed attempts a network has, and for how long. */
export interface FailureBudgetOptions {
  /** Failed attempts within one window that get the usual response, 1 to 1,000,000. */
  readonly failures: number;
  /** 1 to 86,400 (a day). A window begins with its first failed attempt, and no later one extends it. */
  readonly windowSeconds: number;
  /**
   * How many bits of an IPv6 address make one network, 32 to 64. Every IPv4 address is a network of its own; unknown
   * addresses share one.
   *
   * @default 64
   */
  readonly ipv6PrefixLength?: number | undefined;
}

/** Counts failed attempts by network, in this process. */
export class FailureBudget {
  readonly #windows: FailureWindows;
  readonly #networkOf: (address: string | null) => string;

  /** @param now - monotonic, in milliseconds */
  constructor(options: FailureBudgetOptions, now?: () => number) {
    this.#windows = new FailureWindows(options, now);
    const prefixLength = options.ipv6PrefixLength ?? defaultIpv6PrefixLength;
    this.#networkOf = (address) => toNetwork(address, prefixLength);
  }

  /** See {@link FailureWindows.begin}. */
  begin(address: string | null): FailureWindow | null {
    return this.#windows.begin(this.#networkOf(address));
  }

  /** See {@link FailureWindows.settle}. */
  settle(window: FailureWindow, hasFailed: boolean): void {
    this.#windows.settle(window, hasFailed);
  }

  /** See {@link FailureWindows.fail}. */
  fail(address: string | null): number {
    return this.#windows.fail(this.#networkOf(address));
  }
}
