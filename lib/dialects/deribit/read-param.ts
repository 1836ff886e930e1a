import { InvalidFieldError } from '../../domain/key-fields.js';
import { refuseParam } from './deribit-error.js';
import type { DeribitParams } from './deribit-method.js';

/** Reads a value; throws InvalidFieldError with what to write instead. */
export type ReadParam<T> = (value: unknown) => T;

/**
 * Reads one parameter; `undefined` when it is absent or `null`, which typed clients send for omitted parameters.
 *
 * @throws DeribitError -32602 that names the parameter
 */
export function readOptionalParam<T>(params: DeribitParams, name: string, read: ReadParam<T>): T | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  try {
    return read(value);
  } catch (error) {
    if (error instanceof InvalidFieldError) return refuseParam(name, error.message);
    throw error;
  }
}

/** The same for a required parameter. */
export function readRequiredParam<T>(params: DeribitParams, name: string, read: ReadParam<T>): T {
  const value = readOptionalParam(params, name, read);
  return value === undefined ? refuseParam(name, 'is required') : value;
}

/** Reads a string. */
export function readString(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InvalidFieldError('must be a string');
}

/** Reads a whole number from 1 on; in a query it is a string. */
export function readKeyNumber(value: unknown): number {
  const number = typeof value === 'string' && /^[1-9]\d{0,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidFieldError('must be a whole number from 1 on');
}

/** Reads a boolean; in a query it is a string. */
export function readBoolean(value: unknown): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new InvalidFieldError('must be true or false');
}

/**
 * Reads words: a list of strings, or one string with blanks or commas between them.
 *
 * @param message - the message for any other value
 */
export function readWords(value: unknown, message = 'must be a string'): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.flatMap((each) => {
    if (typeof each !== 'string') throw new InvalidFieldError(message);
    return each.split(/[\s,]+/).filter((word) => word !== '');
  });
}

/** Reads addresses and networks in the same formats; an empty list means any address. */
export function readAddresses(value: unknown): readonly string[] | null {
  const entries = readWords(value);
  return entries.length === 0 ? null : entries;
}
