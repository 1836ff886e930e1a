import type { Endpoint } from './endpoint.js';
import { secretAnswers } from './openapi/key-answers.js';
import { presentNewSecret } from './present-key.js';

/** Gives a key a new secret. Without a grace period the old one ends at once. */
export const postKeyRotate: Endpoint = {
  operationId: 'rotateKey',
  summary: 'Give a key a new secret',
  description:
    'Its id, its counters and its history stay. Without a grace period the old secret ends at once.',
  body: { gracePeriodSeconds: 'optional', graceStartsOnFirstUse: 'optional', publicKey: 'optional' },
  headers: ['If-Match', 'Idempotency-Key'],
  answers: secretAnswers,
  problems: [
    'invalid_public_key',
    'conflict',
    'precondition_failed',
    'request_in_progress',
    'idempotency_key_reused',
  ],
  async handle({ keys, context, keyId, fields, body, ifMatch, idempotencyKey, now }) {
    const result =
      idempotencyKey === undefined
        ? { changed: await keys.rotate(context, keyId, fields, ifMatch), isReplay: false }
        : await keys.rotateOnce(context, idempotencyKey, keyId, fields, ifMatch, body);
    return presentNewSecret(result, now());
  },
};
