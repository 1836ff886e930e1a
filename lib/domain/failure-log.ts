/** Where failures are logged; `Logger` fits. */
interface FailureLogger {
  warn(message: string, error?: unknown): void;
}

/** The messages for one kind of background work. */
export interface FailureMessages {
  /** For the first failure. The error is logged beside it, or is part of the message if operators have to act on it. */
  readonly begins: string | ((error: unknown) => string);
  /**
   * For the first success after it.
   *
   * @param lost - how much was lost in the meantime
   */
  readonly ends: (lost: number) => string;
}

/**
 * Logs background work that keeps failing: one line when the failures begin, with the reason, and one line when they end,
 * with how much was lost. Nothing is logged in between, no matter how often it fails.
 */
export class FailureLog {
  readonly #logger: FailureLogger;
  readonly #messages: FailureMessages;
  #isFailing = false;
  #lost = 0;

  constructor(logger: FailureLogger, messages: FailureMessages) {
    this.#logger = logger;
    this.#messages = messages;
  }

  /** @param lost - how much was lost by this failure alone; 0 if all of it will be retried */
  failed(error: unknown, lost = 0): void {
    this.#lost += lost;
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { begins } = this.#messages;
    this.#logger.warn(`api-keys: ${typeof begins === 'string' ? begins : begins(error)}`, error);
  }

  worked(): void {
    if (!this.#isFailing) return;
    const lost = this.#lost;
    this.#isFailing = false;
    this.#lost = 0;
    this.#logger.warn(`api-keys: ${this.#messages.ends(lost)}`);
  }
}
