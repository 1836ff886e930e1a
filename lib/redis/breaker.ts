/** How long Redis is not used after a failure, and after how long without a reply it is probed, in milliseconds. */
const probeEveryMs = 1000;

/**
 * A circuit breaker that spares requests the wait for an unreachable Redis: after a failure no request uses it; once
 * a second a probe is sent, which no request waits for. A Redis that answers the probe is used again.
 *
 * It is open (Redis is not used) until the first probe succeeds.
 */
export class Breaker {
  readonly #sendProbe: () => Promise<void>;
  #isOpen = true;
  #isStopped = false;
  #heardAt = -Infinity;
  #probe: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param ask - sends a probe; rejects when Redis cannot be used */
  constructor(ask: () => Promise<void>) {
    this.#sendProbe = ask;
  }

  /** Whether the last command failed, or none has succeeded yet. */
  isOpen(): boolean {
    return this.#isOpen;
  }

  /** Call it when a command was not answered, or was answered with an error that makes Redis unusable. */
  failed(): void {
    this.#isOpen = true;
    if (this.#isStopped || this.#timer !== undefined || this.#probe !== null) return;
    this.#timer = setTimeout(() => void this.probe(), probeEveryMs).unref();
  }

  /**
   * Call it for a reply. It does not close the breaker, because the reply may belong to a command from before the
   * failure.
   */
  worked(): void {
    this.#heardAt = performance.now();
  }

  /** Sends a probe now, unless one is in flight. Never rejects. */
  probe(): Promise<void> {
    this.#probe ??= this.#runProbe();
    return this.#probe;
  }

  /** Sends a probe when there has been no reply for a while. */
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
      await this.#sendProbe();
      hasWorked = true;
    } catch {
      // The function that sends the probe reports its failure.
    }
    this.#probe = null;
    if (!hasWorked) this.failed();
    else if (!this.#isStopped) this.#isOpen = false;
    if (hasWorked) this.worked();
  }
}
