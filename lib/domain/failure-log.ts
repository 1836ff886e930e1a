/** The minimum time from the last line to the next failure that is logged, in milliseconds. */
export const quietMs = 10_000;

/** Where failures are logged; `Logger` fits. */
interface FailureLogger {
  warn(message: string, error?: unknown): void;
}

/** The messages for one kind of work. */
export interface FailureMessages {
  /** For the first failure. The error is logged beside it, or is part of the message if operators have to act on it. */
  readonly begins: string | ((error: unknown) => string);
  /**
   * For the first success after it.
   *
   * @param lost - how much was lost since the last of these messages
   */
  readonly ends: (lost: number) => string;
}

/**
 * Logs work that keeps failing: one line when the failures begin, with the reason, and one line when they end, with how much
 * was lost. Nothing is logged in between, no matter how often it fails.
 *
 * Work that fails and succeeds in turn is not logged each time: for 10 seconds after a line no failure is. One that lasts
 * longer gets its line then; what a shorter one has lost is in the next line of an end, which comes with or without a failure
 * before it.
 */
export class FailureLog {
  readonly #logger: FailureLogger;
  readonly #messages: FailureMessages;
  #isFailing = false;
  /** Whether the last line is one of failures that have begun. */
  #isLogged = false;
  #loggedAt = -Infinity;
  #lost = 0;

  constructor(logger: FailureLogger, messages: FailureMessages) {
    this.#logger = logger;
    this.#messages = messages;
  }

  /** @param lost - how much was lost by this failure alone; 0 if all of it will be retried */
  failed(error: unknown, lost = 0): void {
    this.#lost += lost;
    this.#isFailing = true;
    if (this.#isLogged || this.#isQuiet()) return;
    const { begins } = this.#messages;
    this.#log(true, typeof begins === 'string' ? begins : begins(error), error);
  }

  worked(): void {
    if (!this.#isFailing && this.#lost === 0) return;
    this.#isFailing = false;
    if (!this.#isLogged && (this.#lost === 0 || this.#isQuiet())) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#log(false, this.#messages.ends(lost));
  }

  #isQuiet(): boolean {
    return performance.now() - this.#loggedAt < quietMs;
  }

  #log(hasBegun: boolean, message: string, ...error: readonly unknown[]): void {
    this.#isLogged = hasBegun;
    this.#loggedAt = performance.now();
    this.#logger.warn(`api-keys: ${message}`, ...error);
  }
}
