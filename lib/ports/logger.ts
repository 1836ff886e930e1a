/** Where operators are told of trouble. Messages hold no secret. `console` fits. */
export interface Logger {
  warn(message: string, error?: unknown): void;
  error(message: string, error?: unknown): void;
}
