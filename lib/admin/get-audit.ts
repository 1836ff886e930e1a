import type { Endpoint } from './endpoint.js';
import { presentPageOfEvents } from './present-event.js';

/** Lists what happened to keys, newest first. */
export const getAudit: Endpoint = {
  operationId: 'listAuditEvents',
  summary: 'List what happened to keys, newest first',
  query: ['limit', 'cursor', 'keyId', 'ownerId', 'action'],
  answers: { 200: { description: 'One page of the audit trail.', schema: 'AuditPage' } },
  problems: [],
  async handle({ keys, context, query }) {
    const page = await keys.listEvents(context, {
      limit: query.limit === undefined ? undefined : Number(query.limit),
      cursor: query.cursor,
      keyId: query.keyId,
      ownerId: query.ownerId,
      action: query.action,
    });
    return presentPageOfEvents(page);
  },
};
