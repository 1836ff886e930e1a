import type { Endpoint } from './endpoint.js';
import { ownerChangeAnswers } from './openapi/owner-answers.js';
import { presentOwnerChange } from './present-owner.js';

/** Resume a suspended owner. */
export const postOwnerResume: Endpoint = {
  operationId: 'resumeOwner',
  summary: 'Resume a suspended owner',
  description: 'The keys of the owner are accepted again, as far as each key itself allows.',
  body: {},
  headers: ['If-Match'],
  answers: ownerChangeAnswers,
  problems: ['precondition_failed'],
  async handle({ owners, context, ownerId, fields, ifMatch }) {
    return presentOwnerChange(await owners.resume(context, ownerId, fields, ifMatch));
  },
};
