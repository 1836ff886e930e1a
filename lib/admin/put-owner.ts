import { ParsedFields } from '../manage/parsed-fields.js';
import type { Endpoint } from './endpoint.js';
import { ownerChangeAnswers } from './openapi/owner-answers.js';
import { presentOwnerChange } from './present-owner.js';

/** Sets the plan of an owner, and what replaces parts of it. */
export const putOwner: Endpoint = {
  operationId: 'setOwner',
  summary: "Set an owner's plan",
  description:
    'Replaces the plan and the overrides; what is left out is `null`: the default plan, no overrides. The suspension of an owner ' +
    'stays as it is. For admins only.',
  body: { plan: 'optional', overrides: 'optional' },
  headers: ['If-Match', 'Idempotency-Key'],
  answers: ownerChangeAnswers,
  problems: ['precondition_failed', 'request_in_progress', 'idempotency_key_reused'],
  async handle({ owners, context, ownerId, fields, body, ifMatch, idempotencyKey }) {
    const { plan = null, overrides = null } = fields.values;
    const replaced = new ParsedFields(Object.entries({ plan, overrides }));
    const result =
      idempotencyKey === undefined
        ? { changed: await owners.set(context, ownerId, replaced, ifMatch), isReplay: false }
        : await owners.setOnce(context, idempotencyKey, ownerId, replaced, ifMatch, body);
    return presentOwnerChange(result);
  },
};
