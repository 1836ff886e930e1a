/** The longest time for which the event loop of this process did not turn. */
export interface LoopStandstill {
  readonly ms: number;
  /** When it was over, by `performance.now()`. */
  readonly until: number;
}

/** Looks at the clock as often as the event loop turns, and no more often than asked for. */
export class EventLoopWatch {
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  #longest: LoopStandstill = { ms: 0, until: 0 };

  /** @param everyMs - when it looks at the clock, in milliseconds */
  constructor(everyMs: number) {
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  /** The longest since the last call of this, or since the beginning; the one that is not over yet included. */
  takeLongest(): LoopStandstill {
    this.#look();
    const longest = this.#longest;
    this.#longest = { ms: 0, until: 0 };
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#last > this.#longest.ms) this.#longest = { ms: now - this.#last, until: now };
    this.#last = now;
  }
}
