import { showObserved } from '../domain/observed-view.js';
import type { Endpoint } from './endpoint.js';

/** Lists what guards in observe mode would have refused. */
export const getAuditObserved: Endpoint = {
  operationId: 'listObserved',
  summary: 'List what guards in observe mode would have refused, the most frequent first',
  description:
    'Requests of the same method, route, code and key are added up; 1,000 items at most. Counts are written every 10 seconds, so ' +
    'the most recent requests of other processes may be missing; they are kept for 30 days, 100,000 at most. `unavailable` and ' +
    '`internal_error` are requests whose decision failed, `overflow` those of which only the number is known. For admins only.',
  query: ['keyId', 'ownerId', 'code', 'from', 'to'],
  answers: { 200: { description: 'What would have been refused.', schema: 'ObservedReport' } },
  problems: [],
  async handle({ audit, context, conditions }) {
    return { status: 200, body: showObserved(await audit.listObserved(context, conditions)) };
  },
};
