import { summarizeErasure } from '../manage/report-erasure.js';
import type { Endpoint } from './endpoint.js';

/** Revokes all keys of an owner and erases what may name a person. Like revoking, it may be repeated without a key for that. */
export const deleteOwner: Endpoint = {
  operationId: 'eraseOwner',
  summary: 'Erase the personal data of an owner',
  description:
    'All keys of the owner are revoked, and what may name a person is erased from keys, usage, access log and audit log. For admins ' +
    'only. After a failure, or a 202, repeating it continues with the rest.',
  headers: ['If-Match'],
  answers: {
    200: { description: 'It was erased, and every process refuses the keys.', schema: 'ErasureReport' },
    202: {
      description:
        'It was erased; every process refuses the keys from `effectiveBy` on. Repeat the request then.',
      schema: 'PendingErasureReport',
    },
  },
  problems: ['precondition_failed'],
  async handle({ owners, context, ownerId, ifMatch }) {
    const erased = await owners.erase(context, ownerId, ifMatch);
    const { effectiveBy } = erased;
    const summary = summarizeErasure(erased);
    if (effectiveBy === null) return { status: 200, body: summary };
    return { status: 202, body: { ...summary, effectiveBy: new Date(effectiveBy) } };
  },
};
