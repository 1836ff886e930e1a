import { parseDescription } from '../domain/key-fields.js';
import { parseRevocationReason, type RevocationReason } from '../domain/revocation-reason.js';
import type { KeyInput } from './change.js';
import { readFields } from './read-fields.js';

/** The reason of a revocation, if one was given. */
export interface Revocation {
  readonly reason: RevocationReason | null;
  readonly comment: string | null;
}

/** No reason was given. */
export const noReason: Revocation = { reason: null, comment: null };

/** @throws ApiKeysError `invalid_request` */
export function readRevocation(input: KeyInput): Revocation {
  const { reason = null, comment = null } = readFields<{
    reason: RevocationReason;
    comment: string | null;
  }>(input, { reason: parseRevocationReason, comment: parseDescription }, []);
  return { reason, comment };
}
