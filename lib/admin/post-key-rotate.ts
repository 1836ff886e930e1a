import type { Endpoint } from './endpoint.js';
import { secretAnswers } from './openapi/key-answers.js';
import { presentNewSecret } from './present-key.js';

/** Rotates the secret of a key. Without a grace period, the old one stops working immediately. */
export const postKeyRotate: Endpoint = {
  operationId: 'rotateKey',
  summary: 'Rotate the secret of a key',
  description:
    'Its id, counters and history are kept. Without a grace period, the old secret stops working immediately.',
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
