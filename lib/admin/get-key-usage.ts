import { toKeyUsage } from '../domain/usage-view.js';
import type { Endpoint } from './endpoint.js';

/** Returns how often a key was used, by verdict. */
export const getKeyUsage: Endpoint = {
  operationId: 'getKeyUsage',
  summary: 'Get the usage of a key, by hour or day and verdict',
  description:
    'Only requests with a valid secret are counted. Counts are written every few seconds, so the most recent requests may be ' +
    'missing. Counts are kept for 90 days.',
  query: ['by', 'from', 'to'],
  answers: { 200: { description: 'The usage of the key.', schema: 'Usage' } },
  problems: ['not_found'],
  async handle({ keys, context, keyId, conditions }) {
    const { counts, lastUsedAt, lastUsedAddress } = await keys.usage(context, keyId, conditions);
    return { status: 200, body: toKeyUsage(counts, lastUsedAt, lastUsedAddress) };
  },
};
