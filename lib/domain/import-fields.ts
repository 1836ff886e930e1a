import { InvalidFieldError } from './key-fields.js';

/** The maximum number of rows in one request. */
export const maxRowsOfRequest = 100;

/** Names of formats. */
export const formatNamePattern: RegExp = /^[a-z][a-z0-9-]{0,31}$/;

/** Parses the name of a format of another system; whether there is one is not looked at. */
export function parseFormatName(value: unknown): string {
  if (typeof value === 'string' && formatNamePattern.test(value)) return value;
  throw new InvalidFieldError("must be the name of one of foreignFormats, for example 'legacy'");
}

/** Parses the rows of a request; what is wrong with a row is found later, and reported by row. */
export function parseRows(value: unknown): readonly object[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= maxRowsOfRequest && value.every(isRow)) {
    return value;
  }
  throw new InvalidFieldError(`must be a list of 1 to ${maxRowsOfRequest} objects`);
}

/** Parses whether nothing is written. */
export function parseDryRun(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidFieldError('must be true or false');
}

function isRow(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
