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
  headers: ['If-Match'],
  answers: ownerChangeAnswers,
  problems: ['precondition_failed'],
  async handle({ owners, context, ownerId, fields, ifMatch }) {
    return presentOwnerChange(await owners.suspend(context, ownerId, fields, ifMatch));
  },
};
