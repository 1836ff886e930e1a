import type { Endpoint } from './endpoint.js';
import { ownerChangeAnswers } from './openapi/owner-answers.js';
import { presentOwnerChange } from './present-owner.js';

/** Suspend an owner. */
export const postOwnerSuspend: Endpoint = {
  operationId: 'suspendOwner',
  summary: 'Suspend an owner',
  description:
    'Every key, access token and signature of the owner is refused with `owner_suspended`, until the owner is resumed.',
  body: { suspensionReason: 'optional' },
  headers: ['If-Match', 'Idempotency-Key'],
  answers: ownerChangeAnswers,
  problems: ['precondition_failed', 'request_in_progress', 'idempotency_key_reused'],
  async handle({ owners, context, ownerId, fields, body, ifMatch, idempotencyKey }) {
    const result =
      idempotencyKey === undefined
        ? { changed: await owners.suspend(context, ownerId, fields, ifMatch), isReplay: false }
        : await owners.suspendOnce(context, idempotencyKey, ownerId, fields, ifMatch, body);
    return presentOwnerChange(result);
  },
};
