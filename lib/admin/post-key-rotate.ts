import type { Endpoint } from './endpoint.js';
import { secretAnswers } from './openapi/key-answers.js';
import { parseIfMatch } from './parse-if-match.js';
import { presentChangeWithToken } from './present-key.js';

/** Gives a key a new secret. Without `gracePeriodSeconds` the old one ends at once. */
export const postKeyRotate: Endpoint = {
  operationId: 'rotateKey',
  summary: 'Give a key a new secret',
  description:
    'Its id, its counters and its history stay. Without a grace period the old secret ends at once.',
  body: { gracePeriodSeconds: 'optional' },
  headers: ['If-Match'],
  answers: secretAnswers,
  problems: ['conflict', 'precondition_failed'],
  async handle({ keys, context, keyId, body, ifMatch, now }) {
    const rotated = await keys.rotate(context, keyId, body, parseIfMatch(ifMatch));
    return presentChangeWithToken(rotated, now());
  },
};
