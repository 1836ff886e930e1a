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
  /**
   * How many days after an entry of the audit trail was made it may be removed, from the old end: 1 to 36,500. The newest 1,000 entries stay in
   * any case, and the rest still verifies.
   *
   * @default undefined - the audit trail is kept
   */
  readonly auditDays?: number | undefined;
}

/** Times in milliseconds; `null`: kept for good. */
export interface ResolvedRetentionOption {
  readonly endedKeysMs: number | null;
  readonly auditMs: number | null;
}

const takeDays = allowAbsent(takeWholeNumber(1, 36_500, 'of days'));

const readers = { endedKeysDays: takeDays, auditDays: takeDays } satisfies ReadersOf<RetentionOption>;

/** @throws InvalidOptionError */
export function readRetention(value: unknown, path: string): ResolvedRetentionOption {
  const example = '{ endedKeysDays: 365 }';
  const { endedKeysDays, auditDays } = readOptions(path, value === undefined ? {} : value, readers, {
    example,
  });
  const toMs = (days: number | undefined): number | null => (days === undefined ? null : days * dayMs);
  return { endedKeysMs: toMs(endedKeysDays), auditMs: toMs(auditDays) };
}
