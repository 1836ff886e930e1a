/** Receives warnings and errors for operators. Messages contain no secret. `console` fits. */
export interface Logger {
  warn(message: string, error?: unknown): void;
  error(message: string, error?: unknown): void;
  /** Left out: what needs no attention is not logged. */
  info?(message: string): void;
}
