/** Where operators are told of trouble. Messages hold no secret. `console` fits. */
export interface Logger {
  warn(message: string, details?: unknown): void;
  error(message: string, details?: unknown): void;
}
