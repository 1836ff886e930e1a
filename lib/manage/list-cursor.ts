import { ApiKeysError } from '../errors.js';
import type { CursorSigner } from '../ports/cursor-signer.js';

/** Whose list a cursor belongs to, and with which conditions; the same for conditions in another order. */
export function toListBinding(list: string, conditions: object): string {
  const present = Object.entries(conditions).filter(([, value]) => value !== undefined);
  return JSON.stringify([list, present.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Makes the cursor behind the last item of a page. */
export function signCursor(
  signer: CursorSigner,
  position: readonly (string | number)[],
  binding: string,
): string {
  return signer.sign(JSON.stringify(position), binding);
}

/**
 * Reads the position in a cursor; `null` when none was sent.
 *
 * @throws ApiKeysError `invalid_request` when it was not made for this list
 */
export function openCursor(
  signer: CursorSigner,
  cursor: string | undefined,
  binding: string,
): readonly (string | number)[] | null {
  if (cursor === undefined) return null;
  const position = signer.open(cursor, binding);
  if (position === null) {
    throw new ApiKeysError('invalid_request', {
      detail: 'The cursor does not belong to this list.',
      errors: [
        {
          field: '?cursor',
          message: 'must be the nextCursor of a page with the same filter; leave it out to start over',
        },
      ],
    });
  }
  return JSON.parse(position) as readonly (string | number)[];
}
