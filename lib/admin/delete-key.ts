import type { Endpoint } from './endpoint.js';
import { postKeyRevoke } from './post-key-revoke.js';

/** The same as revoking: keys are revoked, not erased, so that the keys in the audit log still exist. */
export const deleteKey: Endpoint = {
  operationId: 'deleteKey',
  summary: 'Revoke a key permanently',
  description: 'The same as revoking it. The key and its history stay readable.',
  headers: ['If-Match'],
  answers: postKeyRevoke.answers,
  problems: postKeyRevoke.problems,
  handle: postKeyRevoke.handle,
};
