import type { ApiKeyRecord } from '../domain/api-key.js';
import { isSecret } from '../domain/credential.js';
import { importedHintPrefix } from '../domain/keyspaces.js';
import { parseSaltedDigest } from '../domain/salted-digest.js';
import { ApiKeysError } from '../errors.js';

/** What tells an imported key from another one with the same id. */
export interface ImportMark {
  readonly ownerId: string;
  /** What the earlier system stored, or a digest of it; `null`: the id follows from it. */
  readonly hash: string | null;
}

/** Whether a key has what was imported: a rotation replaces it. */
export function isAsImported({ hint }: Pick<ApiKeyRecord, 'hint'>): boolean {
  return hint.prefix === importedHintPrefix;
}

/** Returns the mark of a key that was imported and not rotated since. */
export function createImportMark({ ownerId, credentials }: ApiKeyRecord): ImportMark {
  const [imported] = credentials.filter(isSecret);
  const hash = imported?.bcryptHash ?? '';
  return { ownerId, hash: hash === '' ? null : hash };
}

/**
 * Asserts that a row and an earlier one that makes the same id are about one key: keys of an earlier system may have the same
 * visible part, and one of them would not work.
 *
 * @throws ApiKeysError `invalid_request`
 */
export function assertSameRow(earlier: ImportMark, row: ImportMark): void {
  assertSameOwner(earlier, row);
  if (mayBeSame(earlier.hash, row.hash)) return;
  throw createProblem(
    'visiblePart',
    'an earlier row has it with another hash: have idOf cut out more of the key',
  );
}

/**
 * Asserts that a key that was imported before belongs to the owner of the row.
 *
 * @returns whether its hash may be that of the row: else it is another key, or one whose secret was replaced or hashed again
 * @throws ApiKeysError `invalid_request`
 */
export function isSameKey(known: ImportMark, row: ImportMark): boolean {
  assertSameOwner(known, row);
  return mayBeSame(known.hash, row.hash);
}

/** What is said of a key whose hash is another one than that of its row. */
export const otherHashMessage: string =
  'its key was imported with another hash, and stays as it is: revoke that key and ask its owner for a new one, if its secret ' +
  'was replaced in the earlier system';

function assertSameOwner(known: ImportMark, row: ImportMark): void {
  if (known.ownerId === row.ownerId) return;
  throw createProblem('ownerId', 'a key of another owner was imported with the same hash or visiblePart');
}

function mayBeSame(known: string | null, row: string | null): boolean {
  if (known === null || row === null || known === row) return true;
  const [knownDigest = null, rowDigest = null] = [known, row].map(parseSaltedDigest);
  // Under another pepper the same hash has another digest.
  return knownDigest !== null && rowDigest !== null && knownDigest.pepperId !== rowDigest.pepperId;
}

function createProblem(field: string, message: string): ApiKeysError {
  return new ApiKeysError('invalid_request', { errors: [{ field, message }] });
}
