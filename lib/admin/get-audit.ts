import type { Endpoint } from './endpoint.js';
import { presentEvent } from './present-event.js';
import { presentPage } from './present-page.js';

/** Lists the entries of the audit log, newest first. */
export const getAudit: Endpoint = {
  operationId: 'listAuditEvents',
  summary: 'List the audit log, newest first',
  query: ['limit', 'cursor', 'keyId', 'ownerId', 'action', 'actor', 'memberId', 'from', 'to'],
  answers: { 200: { description: 'One page of the audit log.', schema: 'AuditPage' } },
  problems: [],
  async handle({ keys, context, conditions }) {
    return presentPage(await keys.listEvents(context, conditions), presentEvent);
  },
};
