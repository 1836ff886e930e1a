import type { Logger } from '../ports/logger.js';

/** Passes everything to another logger, and to a listener while there is one. */
export class TappedLogger implements Logger {
  readonly #logger: Logger;
  #listener: ((message: string) => void) | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Calls the listener with every warning and error from now on; `null` removes it. */
  listen(listener: ((message: string) => void) | null): void {
    this.#listener = listener;
  }

  warn(message: string, error?: unknown): void {
    this.#listener?.(message);
    this.#logger.warn(message, ...(error === undefined ? [] : [error]));
  }

  error(message: string, error?: unknown): void {
    this.#listener?.(message);
    this.#logger.error(message, ...(error === undefined ? [] : [error]));
  }

  info(message: string): void {
    this.#logger.info?.(message);
  }
}
