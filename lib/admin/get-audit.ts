import type { Endpoint } from './endpoint.js';
import { presentEvent } from './present-event.js';
import { presentPage } from './present-page.js';

/** Lists what happened to keys, newest first. */
export const getAudit: Endpoint = {
  operationId: 'listAuditEvents',
  summary: 'List what happened to keys, newest first',
  query: ['limit', 'cursor', 'keyId', 'ownerId', 'action', 'actor', 'from', 'to'],
  answers: { 200: { description: 'One page of the audit trail.', schema: 'AuditPage' } },
  problems: [],
  async handle({ keys, context, conditions }) {
    return presentPage(await keys.listEvents(context, conditions), presentEvent);
  },
};
