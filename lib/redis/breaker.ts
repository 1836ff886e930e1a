/** How long Redis is left alone after it failed, and after which silence it is worth asking, in milliseconds. */
const probeEveryMs = 1000;

/**
 * Spares requests the wait for a Redis that is away: after a failure nobody asks, but once a second a probe, which no
 * request waits for. What answers the probe is used again.
 *
 * It is open (Redis is not used) until the first probe was answered.
 */
export class Breaker {
  readonly #ask: () => Promise<void>;
  #isOpen = true;
  #isStopped = false;
  #heardAt = -Infinity;
  #probe: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param ask - sends a probe; rejects when Redis cannot be used */
  constructor(ask: () => Promise<void>) {
    this.#ask = ask;
  }

  /** Whether the last word from Redis was bad, or there was none yet. */
  isOpen(): boolean {
    return this.#isOpen;
  }

  /** To be called for a command that Redis did not answer, or with which it cannot be used. */
  failed(): void {
    this.#isOpen = true;
    if (this.#isStopped || this.#timer !== undefined || this.#probe !== null) return;
    this.#timer = setTimeout(() => void this.probe(), probeEveryMs).unref();
  }

  /** To be called for an answer. It does not close the breaker: it may belong to a command from before the failure. */
  worked(): void {
    this.#heardAt = performance.now();
  }

  /** Asks at once, unless somebody is asking. Never rejects. */
  probe(): Promise<void> {
    this.#probe ??= this.#runProbe();
    return this.#probe;
  }

  /** Asks when nothing was heard for a while. */
  probeIfQuiet(): void {
    if (!this.#isOpen && performance.now() - this.#heardAt >= probeEveryMs) void this.probe();
  }

  stop(): void {
    this.#isStopped = true;
    this.#isOpen = true;
    clearTimeout(this.#timer);
  }

  async #runProbe(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let hasWorked = false;
    try {
      await this.#ask();
      hasWorked = true;
    } catch {
      // Whoever asks also reports.
    }
    this.#probe = null;
    if (!hasWorked) this.failed();
    else if (!this.#isStopped) this.#isOpen = false;
    if (hasWorked) this.worked();
  }
}
