import { usageViewOf } from '../domain/usage-view.js';
import type { Endpoint } from './endpoint.js';

/** Shows how often a key was used, by verdict. */
export const getKeyUsage: Endpoint = {
  operationId: 'getKeyUsage',
  summary: 'Show how often a key was used, by hour or day and verdict',
  description:
    'Only requests whose secret was right are counted. They are written every few seconds, so the last ones may still be ' +
    'missing. Counts are kept for 90 days.',
  query: ['by', 'from', 'to'],
  answers: { 200: { description: 'The use of the key.', schema: 'Usage' } },
  problems: ['not_found'],
  async handle({ keys, context, keyId, conditions }) {
    const { counts, lastUsedAt, lastUsedAddress } = await keys.usage(context, keyId, conditions);
    return { status: 200, body: usageViewOf(counts, lastUsedAt, lastUsedAddress) };
  },
};
