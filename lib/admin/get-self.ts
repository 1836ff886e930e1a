import type { Endpoint } from './endpoint.js';
import { getKey } from './get-key.js';
import { presentKey } from './present-key.js';

/** Returns the calling key: the id is that of the key in the request. */
export const getSelf: Endpoint = {
  ...getKey,
  operationId: 'getSelf',
  summary: 'Get the key that the request was sent with',
  description: 'Its scopes and features are those that the plan of its owner includes now.',
  async handle({ keys, context, keyId, now }) {
    return presentKey(await keys.getUsable(context, keyId), now());
  },
};
