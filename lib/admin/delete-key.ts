import type { Endpoint } from './endpoint.js';
import { postKeyRevoke } from './post-key-revoke.js';

/** The same as revoking: keys are ended, not erased, so that the audit trail keeps what it speaks of. */
export const deleteKey: Endpoint = {
  operationId: 'deleteKey',
  summary: 'End a key for good',
  description: 'The same as revoking it. The key stays readable, and so does what was done with it.',
  headers: ['If-Match'],
  answers: postKeyRevoke.answers,
  problems: postKeyRevoke.problems,
  handle: postKeyRevoke.handle,
};
