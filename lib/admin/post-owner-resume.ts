import type { Endpoint } from './endpoint.js';
import { ownerChangeAnswers } from './openapi/owner-answers.js';
import { presentOwnerChange } from './present-owner.js';

/** Resume a suspended owner. */
export const postOwnerResume: Endpoint = {
  operationId: 'resumeOwner',
  summary: 'Resume a suspended owner',
  description: 'The keys of the owner are accepted again, as far as each key itself allows.',
  body: {},
  headers: ['If-Match', 'Idempotency-Key'],
  answers: ownerChangeAnswers,
  problems: ['precondition_failed', 'request_in_progress', 'idempotency_key_reused'],
  async handle({ owners, context, ownerId, fields, body, ifMatch, idempotencyKey }) {
    const result =
      idempotencyKey === undefined
        ? { changed: await owners.resume(context, ownerId, fields, ifMatch), isReplay: false }
        : await owners.resumeOnce(context, idempotencyKey, ownerId, fields, ifMatch, body);
    return presentOwnerChange(result);
  },
};
