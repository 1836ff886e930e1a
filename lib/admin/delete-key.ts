import type { Endpoint } from './endpoint.js';
import { postKeyRevoke } from './post-key-revoke.js';

/** The same as revoking: keys are ended, not erased, so that the audit trail keeps what it speaks of. */
export const deleteKey: Endpoint = postKeyRevoke;
