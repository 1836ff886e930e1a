import { dayMs } from '../domain/day-ms.js';
import { allowAbsent, takeWholeNumber } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';

/** How long what has ended is kept. */
export interface RetentionOption {
  /**
   * How many days after a key was revoked or has expired it is removed, with all that is stored with it: 1 to 36,500. It is
   * refused as an unknown key then, and its id and number are never given again.
   *
   * @default undefined - ended keys are kept
   */
  readonly endedKeysDays?: number | undefined;
}

/** Times in milliseconds; `null`: kept for good. */
export interface ResolvedRetentionOption {
  readonly endedKeysMs: number | null;
}

const takeDays = allowAbsent(takeWholeNumber(1, 36_500, 'of days'));

const readers = { endedKeysDays: takeDays } satisfies ReadersOf<RetentionOption>;

/** @throws InvalidOptionError */
export function readRetention(value: unknown, path: string): ResolvedRetentionOption {
  const example = '{ endedKeysDays: 365 }';
  const { endedKeysDays } = readOptions(path, value === undefined ? {} : value, readers, { example });
  return { endedKeysMs: endedKeysDays === undefined ? null : endedKeysDays * dayMs };
}
