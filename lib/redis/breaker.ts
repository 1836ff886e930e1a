/** How long Redis is left alone after it failed, in milliseconds. */
const pauseMs = 1000;

/**
 * Spares requests the wait for a Redis that is away: after a failure nobody asks for a second, then one asks and the
 * others go on without until it has an answer.
 */
export class Breaker {
  #closedUntilFailure = true;
  #nextProbeAt = 0;

  /** Whether the caller may ask. Who may must report how it went. */
  tryPass(): boolean {
    if (this.#closedUntilFailure) return true;
    const now = performance.now();
    if (now < this.#nextProbeAt) return false;
    // A probe that never reports does not lock others out for good.
    this.#nextProbeAt = now + pauseMs;
    return true;
  }

  /** Whether Redis failed less than a second ago. */
  isOpen(): boolean {
    return !this.#closedUntilFailure && performance.now() < this.#nextProbeAt;
  }

  failed(): void {
    this.#closedUntilFailure = false;
    this.#nextProbeAt = performance.now() + pauseMs;
  }

  worked(): void {
    this.#closedUntilFailure = true;
  }
}
