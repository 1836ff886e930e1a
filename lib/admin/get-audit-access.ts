import type { Endpoint } from './endpoint.js';
import { presentAccess } from './present-access.js';
import { presentPage } from './present-page.js';

/** Lists refused requests and the like, newest first. */
export const getAuditAccess: Endpoint = {
  operationId: 'listAccessEvents',
  summary: 'List refused requests, and uses of replaced secrets, newest first',
  description:
    'Similar requests are grouped into one entry with a count. Entries are written every 10 seconds, so the most recent ones ' +
    'may be missing; they are kept for 90 days, 100,000 at most. Requests that exceed the capacity of the log are counted in ' +
    'an entry `access.overflow`.',
  query: ['limit', 'cursor', 'keyId', 'ownerId', 'action', 'code', 'from', 'to'],
  answers: { 200: { description: 'One page of the access log.', schema: 'AccessPage' } },
  problems: [],
  async handle({ audit, context, conditions }) {
    return presentPage(await audit.listAccess(context, conditions), presentAccess);
  },
};
