import type { ForeignFormat, ForeignFormats } from '../domain/foreign-format.js';
import { suggestNames } from '../domain/known-names.js';
import { InvalidOptionError } from '../errors.js';
import type { ImportInput, ImportProblem, ImportProgress } from '../manage/import-keys.js';
import { allowAbsent, take, takeFlag, takeFunction, withDefault } from '../options/option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from '../options/read-options.js';
import type { CallInput } from './call-input.js';
import type { KeyImport } from './key-inputs.js';

/**
 * Reads what `keys.import` is called with; the rows are read one by one as they are imported.
 *
 * @throws InvalidOptionError
 */
export function readImportInput(what: string, input: CallInput, formats: ForeignFormats): ImportInput {
  const readers = {
    format: createFormatReader(formats),
    rows: take(
      "an array, an iterable or a stream of objects, for example [{ key: '…', ownerId: '…' }]",
      isIterable,
    ),
    dryRun: withDefault(takeFlag, false),
    onProgress: allowAbsent(
      takeFunction<(progress: ImportProgress) => unknown>('a function that gets what was done so far'),
    ),
    onProblem: allowAbsent(
      takeFunction<(problem: ImportProblem) => unknown>('a function that gets a row, a field and a message'),
    ),
  } satisfies ReadersOf<KeyImport<string>>;
  return readOptions(what, input, readers);
}

function createFormatReader(formats: ForeignFormats): OptionReader<ForeignFormat> {
  return (value, path) => {
    const names = formats.all().map(({ name }) => name);
    if (names.length === 0) {
      throw new InvalidOptionError(`${path}: needs the option foreignFormats of createApiKeys`);
    }
    const format = typeof value === 'string' ? formats.get(value) : undefined;
    if (format !== undefined) return format;
    const given = typeof value === 'string' ? value : '';
    throw new InvalidOptionError(
      `${path}: takes the name of one of foreignFormats; ${suggestNames(given, names)}`,
    );
  };
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}
