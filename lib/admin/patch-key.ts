import { listKeyFieldsSetAt } from '../domain/key-field-table.js';
import { declareOptional, type Endpoint } from './endpoint.js';
import { changeAnswers } from './openapi/key-answers.js';
import { presentChange } from './present-key.js';

/** Changes the fields that were sent and leaves the others unchanged. */
export const patchKey: Endpoint = {
  operationId: 'updateKey',
  summary: 'Change fields of a key',
  description:
    'Fields that are not sent stay unchanged, and fields that are sent back as they are in the answer of `GET`, read-only ones ' +
    'too, are no change. A revoked key cannot be changed.',
  body: declareOptional(listKeyFieldsSetAt('change')),
  bodySchema: { minProperties: 1 },
  acceptsUnchanged: true,
  headers: ['If-Match'],
  answers: changeAnswers,
  problems: ['conflict', 'precondition_failed'],
  async handle({ keys, context, keyId, fields, ifMatch, now }) {
    const changed = await keys.update(context, keyId, fields, ifMatch);
    return presentChange(changed, now());
  },
};
