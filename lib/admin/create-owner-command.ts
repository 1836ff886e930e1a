import type { Endpoint } from './endpoint.js';
import { ownerChangeAnswers } from './openapi/owner-answers.js';
import { presentOwnerChange } from './present-owner.js';

/** Creates the endpoint of a command that changes an owner and that may be repeated with an idempotency key. */
export function createOwnerCommand(
  command: 'suspend' | 'resume',
  described: Pick<Endpoint, 'operationId' | 'summary' | 'description' | 'body'>,
): Endpoint {
  return {
    ...described,
    headers: ['If-Match', 'Idempotency-Key'],
    answers: ownerChangeAnswers,
    problems: ['precondition_failed', 'request_in_progress', 'idempotency_key_reused'],
    async handle({ owners, context, ownerId, fields, body, ifMatch, idempotencyKey }) {
      const result =
        idempotencyKey === undefined
          ? { changed: await owners[command](context, ownerId, fields, ifMatch), isReplay: false }
          : await owners[`${command}Once`](context, idempotencyKey, ownerId, fields, ifMatch, body);
      return presentOwnerChange(result);
    },
  };
}
