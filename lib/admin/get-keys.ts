import type { KeyState } from '../domain/key-state.js';
import type { Endpoint } from './endpoint.js';
import { presentPageOfKeys } from './present-key.js';
import { queryParameter } from './query-parameter.js';

/** Lists keys, newest first. */
export const getKeys: Endpoint = {
  fields: () => [
    queryParameter('limit'),
    queryParameter('cursor'),
    queryParameter('ownerId'),
    queryParameter('keyspace'),
    queryParameter('state'),
    queryParameter('scope'),
    queryParameter('q'),
  ],
  async handle({ keys, context, query, now }) {
    const page = await keys.list(context, {
      limit: query.limit === undefined ? undefined : Number(query.limit),
      cursor: query.cursor,
      ownerId: query.ownerId,
      keyspace: query.keyspace,
      state: query.state as KeyState | undefined,
      scope: query.scope,
      q: query.q,
    });
    return presentPageOfKeys(page, now());
  },
};
