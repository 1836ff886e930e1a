/** Where it is told; `Logger` fits. */
interface FailureLogger {
  warn(message: string, error?: unknown): void;
}

/** What is told of one kind of work in the background. */
export interface FailureMessages {
  /** Of the first failure; what its reason is stands beside it, or in it where that is what operators have to act on. */
  readonly begins: string | ((error: unknown) => string);
  /**
   * Of the first success after it.
   *
   * @param lost - how much was lost meanwhile
   */
  readonly ends: (lost: number) => string;
}

/**
 * Tells operators of a work in the background that fails again and again: one line when it begins, with the reason, and one
 * when it ends, with how much was lost. In between nothing is told, however often it fails.
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

  /** @param lost - how much was lost by this failure alone; 0 when all of it is tried again */
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
