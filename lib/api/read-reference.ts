import { InvalidFieldError } from '../domain/key-fields.js';
import { readFields } from '../manage/read-fields.js';
import type { CallInput } from './call-input.js';

/** Which key a command is about, and what else was given. */
export interface Reference {
  readonly id: string;
  readonly rest: CallInput;
}

/**
 * Takes the `id` out of the input of a command about one key. The command reads the rest.
 *
 * @throws ApiKeysError `invalid_request` when there is no id
 */
export function readReference({ id, ...rest }: CallInput): Reference {
  return { ...readFields({ id }, { id: parseId }, ['id']), rest };
}

function parseId(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InvalidFieldError('must be the id of a key, a string');
}
