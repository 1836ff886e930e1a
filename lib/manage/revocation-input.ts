import { parseDescription } from '../domain/key-fields.js';
import { parseRevocationReason, type RevocationReason } from '../domain/revocation-reason.js';
import type { KeyInput } from './change.js';
import { readFields } from './read-fields.js';

/** Why a key is revoked, as far as that was said. */
export interface Revocation {
  readonly reason: RevocationReason | null;
  readonly comment: string | null;
}

/** Nothing was said. */
export const noReason: Revocation = { reason: null, comment: null };

/** @throws ApiKeysError `invalid_request` */
export function readRevocation(input: KeyInput): Revocation {
  const { reason = null, comment = null } = readFields<{
    reason: RevocationReason;
    comment: string | null;
  }>(input, { reason: parseRevocationReason, comment: parseDescription }, []);
  return { reason, comment };
}
