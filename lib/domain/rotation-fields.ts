import { InvalidFieldError } from './key-fields.js';

/** Parses whether the grace period of a rotation begins with the first use of the new secret. */
export function parseGraceStartsOnFirstUse(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidFieldError('must be true or false');
}
