import { InvalidFieldError } from '../domain/key-fields.js';
import { listUnknownNames } from '../domain/list-unknown-names.js';
import { ApiKeysError, type FieldProblem } from '../errors.js';
import { ParsedFields } from './parsed-fields.js';

/** Field name -> how its value is read; a reader throws an InvalidFieldError that says what to write instead. */
export type FieldReaders<T> = { readonly [K in keyof T]-?: (value: unknown) => T[K] };

/**
 * Reads named values field by field. Fields that are absent or `undefined` are left out of the result. What was parsed
 * before is not parsed again.
 *
 * @throws ApiKeysError `invalid_request` with every field that is missing, unknown or wrong
 */
export function readFields<T extends object, R extends keyof T & string = never>(
  input: object | ParsedFields,
  readers: FieldReaders<T>,
  required: readonly R[],
): Partial<T> & Pick<T, R> {
  const isParsed = input instanceof ParsedFields;
  const given: Readonly<Record<string, unknown>> = isParsed ? input.values : { ...input };
  const problems: FieldProblem[] = findUnknownFields(given, readers);
  const result: Partial<T> = {};
  for (const name of Object.keys(readers) as (keyof T & string)[]) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) {
      if ((required as readonly string[]).includes(name)) {
        problems.push({ field: name, message: 'is required' });
      }
      continue;
    }
    try {
      result[name] = isParsed ? (value as T[typeof name]) : readers[name](value);
    } catch (error) {
      if (!(error instanceof InvalidFieldError)) throw error;
      problems.push({ field: name, message: error.message });
    }
  }
  if (problems.length > 0) throw new ApiKeysError('invalid_request', { errors: problems });
  return result as Partial<T> & Pick<T, R>;
}

function findUnknownFields(given: object, readers: object): FieldProblem[] {
  return listUnknownNames(given, Object.keys(readers)).map(({ name, message }) => ({
    field: name ?? 'body',
    message,
  }));
}
