import { InvalidFieldError } from '../domain/key-fields.js';
import { maxResumeLength } from '../ports/cursor-signer.js';

/** The largest part of a trail that can be asked for. */
export const maxPartEntries = 1_000_000_000;

/** The largest part that can be requested over HTTP: less than a minute, which proxies wait for. */
export const maxSentEntries = 100_000;
/** The largest sequence number that can be written. */
export const maxSequence = 999_999_999_999_999;

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

/**
 * Parses the sequence number after which an export goes on.
 *
 * @throws InvalidFieldError
 */
export function parseAfterSequence(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxSequence)
    return value;
  throw new InvalidFieldError(
    `must be the sequence of the last entry that was exported, a whole number from 0 to ${maxSequence}`,
  );
}
