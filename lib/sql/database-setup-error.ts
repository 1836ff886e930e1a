/**
 * A refusal by the database, or by what is in front of it, that goes away only when an operator changes something. The
 * message says what, without a password or an address; the driver's own error is the cause.
 */
export class DatabaseSetupError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'DatabaseSetupError';
  }
}

/** Finds such an error among an error and its causes; `null` if there is none. */
export function findSetupError(error: unknown): DatabaseSetupError | null {
  for (let found = error; found instanceof Error; found = found.cause) {
    if (found instanceof DatabaseSetupError) return found;
  }
  return null;
}
