import { InvalidFieldError } from '../domain/key-fields.js';
import { maxResumeLength } from '../ports/cursor-signer.js';

/** The largest part of a trail that can be asked for. */
export const maxPartEntries = 1_000_000_000;

/**
 * Parses after how many entries a part of a verification ends.
 *
 * @throws InvalidFieldError
 */
export function parseMaxEntries(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxPartEntries)
    return value;
  throw new InvalidFieldError(`must be a whole number from 1 to ${maxPartEntries}`);
}

/**
 * Parses the `resume` of a report; its signature is checked where it is used.
 *
 * @throws InvalidFieldError
 */
export function parseResume(value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= maxResumeLength) return value;
  throw new InvalidFieldError('must be the resume of an earlier part, with the same anchor');
}
