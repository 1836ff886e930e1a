import type { Endpoint } from './endpoint.js';
import { changeAnswers } from './openapi/key-answers.js';
import { presentChange } from './present-key.js';

/** Revokes a key permanently; it stays readable. */
export const postKeyRevoke: Endpoint = {
  operationId: 'revokeKey',
  summary: 'Revoke a key permanently',
  description: 'The key stays readable. Revoking a revoked key changes nothing and succeeds.',
  body: { reason: 'optional', comment: 'optional' },
  headers: ['If-Match'],
  answers: changeAnswers,
  problems: ['precondition_failed'],
  async handle({ keys, context, keyId, fields, ifMatch, now }) {
    return presentChange(await keys.revoke(context, keyId, ifMatch, fields), now());
  },
};
