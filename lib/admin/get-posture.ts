import { toPostureItem } from '../domain/posture-view.js';
import type { Endpoint } from './endpoint.js';
import { presentPage } from './present-page.js';

/** Lists what deserves attention about the keys that work. */
export const getPosture: Endpoint = {
  operationId: 'getPosture',
  summary: 'List what deserves attention about keys that work',
  description:
    'Keys without an end, unused keys, scopes that no request needs, keys over the plan of their owner, old secrets that still work, and ends that are near, each with the call that mends it. Owners see their own keys, admins see all keys. A page looks at `limit` keys, newest first.',
  query: ['limit', 'cursor', 'ownerId', 'keyspace', 'reason', 'unusedAfterDays', 'endsWithinDays'],
  answers: { 200: { description: 'What was found in the keys of one page.', schema: 'PosturePage' } },
  problems: [],
  async handle({ keys, context, conditions }) {
    return presentPage(await keys.posture(context, conditions), toPostureItem);
  },
};
