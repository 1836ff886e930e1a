import type { KeyState } from '../domain/key-state.js';
import type { Endpoint } from './endpoint.js';
import { presentPageOfKeys } from './present-key.js';

/** Lists keys, newest first. */
export const getKeys: Endpoint = {
  operationId: 'listKeys',
  summary: 'List keys, newest first',
  description: 'Owners see their keys, admins all of them, keys those of their owner.',
  query: [
    'limit',
    'cursor',
    'ownerId',
    'keyspace',
    'state',
    'scope',
    'q',
    'tag',
    'expiresBefore',
    'unusedForDays',
  ],
  answers: { 200: { description: 'One page of keys.', schema: 'KeyPage' } },
  problems: [],
  async handle({ keys, context, query, now }) {
    const page = await keys.list(context, {
      limit: query.limit === undefined ? undefined : Number(query.limit),
      cursor: query.cursor,
      ownerId: query.ownerId,
      keyspace: query.keyspace,
      state: query.state as KeyState | undefined,
      scope: query.scope,
      q: query.q,
      tag: query.tag,
      expiresBefore: query.expiresBefore,
      unusedForDays: query.unusedForDays === undefined ? undefined : Number(query.unusedForDays),
    });
    return presentPageOfKeys(page, now());
  },
};
