import { maxTokenLifetimeSeconds, minTokenLifetimeSeconds } from './access-token.js';
import { InvalidFieldError } from './key-fields.js';

/** Parses the field `tokenLifetimeSeconds`: a whole number of seconds, or `null` for the configured lifetime. */
export function parseTokenLifetime(value: unknown): number | null {
  if (value === null) return null;
  const isWithin =
    Number.isSafeInteger(value) &&
    Number(value) >= minTokenLifetimeSeconds &&
    Number(value) <= maxTokenLifetimeSeconds;
  if (isWithin) return Number(value);
  throw new InvalidFieldError(
    `must be a whole number of seconds from ${minTokenLifetimeSeconds} to ${maxTokenLifetimeSeconds}, or null`,
  );
}
