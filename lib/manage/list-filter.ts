import { InvalidFieldError } from '../domain/key-fields.js';
import { keyStates, type KeyState } from '../domain/key-state.js';

/** Default number of items on a page. */
export const defaultPageSize = 20;
/** Largest number of items on a page. */
export const maxPageSize = 100;

/** How many items a page has. */
export function parsePageSize(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxPageSize)
    return value;
  throw new InvalidFieldError(`must be a whole number from 1 to ${maxPageSize}`);
}

/** A text to compare with; what cannot be stored finds nothing. */
export function parseCondition(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InvalidFieldError('must be a string');
}

/** The number of a key. */
export function parseKeyNumber(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidFieldError('must be a whole number from 1 on');
}

/** One of the states that a key can be in. */
export function parseState(value: unknown): KeyState {
  const state = keyStates.find((each) => each === value);
  if (state !== undefined) return state;
  throw new InvalidFieldError(`must be one of ${keyStates.join(', ')}`);
}

/** Longest time without a use that can be asked for, in days: ten years. */
export const maxUnusedDays = 3650;

/** How many days. */
export function parseUnusedDays(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxUnusedDays)
    return value;
  throw new InvalidFieldError(`must be a whole number of days from 1 to ${maxUnusedDays}`);
}
