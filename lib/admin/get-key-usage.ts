import { toKeyUsage } from '../domain/usage-view.js';
import type { Endpoint } from './endpoint.js';

/** Returns how often a key was used, by verdict. */
export const getKeyUsage: Endpoint = {
  operationId: 'getKeyUsage',
  summary: 'Get the usage of a key, by hour or day and verdict',
  description:
    'Only requests with a valid secret are counted. Counts are written every few seconds, so the most recent requests may be ' +
    'missing; with `byRoute=true` the answer has counts by route and class of status as well. Counts are kept for 90 days. One answer has at most 31 days of hours, or 90 days: `from` says where it begins.',
  query: ['by', 'from', 'to', 'byRoute'],
  answers: { 200: { description: 'The usage of the key.', schema: 'Usage' } },
  problems: ['not_found'],
  async handle({ keys, context, keyId, conditions }) {
    return { status: 200, body: toKeyUsage(await keys.usage(context, keyId, conditions)) };
  },
};
