import type { Endpoint } from './endpoint.js';
import { presentPageOfEvents } from './present-event.js';
import { queryParameter } from './query-parameter.js';

/** Lists what happened to keys, newest first. */
export const getAudit: Endpoint = {
  fields: () => [
    queryParameter('limit'),
    queryParameter('cursor'),
    queryParameter('keyId'),
    queryParameter('ownerId'),
    queryParameter('action'),
  ],
  async handle({ keys, context, query }) {
    const page = await keys.listEvents(context, {
      limit: query.limit === undefined ? undefined : Number(query.limit),
      cursor: query.cursor,
      keyId: query.keyId,
      ownerId: query.ownerId,
      action: query.action,
    });
    return presentPageOfEvents(page);
  },
};
