import type { Endpoint } from './endpoint.js';
import { presentPageOfEvents } from './present-event.js';

/** Lists what happened to keys, newest first. */
export const getAudit: Endpoint = {
  operationId: 'listAuditEvents',
  summary: 'List what happened to keys, newest first',
  query: ['limit', 'cursor', 'keyId', 'ownerId', 'action', 'actor', 'from', 'to'],
  answers: { 200: { description: 'One page of the audit trail.', schema: 'AuditPage' } },
  problems: [],
  async handle({ keys, context, query }) {
    const { limit, ...conditions } = query;
    const page = await keys.listEvents(context, {
      ...conditions,
      limit: limit === undefined ? undefined : Number(limit),
    });
    return presentPageOfEvents(page);
  },
};
