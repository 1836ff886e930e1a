import { InvalidFieldError } from '../domain/key-fields.js';
import type { FeedPosition } from '../ports/change-feed.js';

/** The format of an anchor: `<sequence>.<hash>`. */
export const anchorPattern: RegExp = /^(0|[1-9][0-9]{0,14})\.([0-9a-f]{64})$/;

/**
 * Parses the `anchor` of an earlier verification.
 *
 * @throws InvalidFieldError
 */
export function parseAnchor(value: unknown): FeedPosition {
  const [, sequence, hash] = (typeof value === 'string' ? anchorPattern.exec(value) : null) ?? [];
  if (sequence === undefined || hash === undefined) {
    throw new InvalidFieldError('must be the anchor of an earlier verification: <sequence>.<hash>');
  }
  return { sequence: Number(sequence), hash };
}
