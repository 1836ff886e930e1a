import { toApiKey } from '../domain/api-key-view.js';
import type { Endpoint } from './endpoint.js';
import { presentPage } from './present-page.js';

/** Lists keys, newest first. */
export const getKeys: Endpoint = {
  operationId: 'listKeys',
  summary: 'List keys, newest first',
  description: 'Owners see their own keys, admins see all keys, and keys see those of their owner.',
  query: [
    'limit',
    'cursor',
    'ownerId',
    'keyspace',
    'state',
    'scope',
    'q',
    'tag',
    'createdByMember',
    'parentId',
    'inactiveAncestor',
    'resource',
    'expiresBefore',
    'unusedForDays',
  ],
  answers: { 200: { description: 'One page of keys.', schema: 'KeyPage' } },
  problems: [],
  async handle({ keys, context, conditions, now }) {
    const page = await keys.list(context, conditions);
    const shownAt = now();
    return presentPage(page, (record) => toApiKey(record, shownAt));
  },
};
