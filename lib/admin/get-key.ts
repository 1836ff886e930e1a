import type { Endpoint } from './endpoint.js';
import { presentKey } from './present-key.js';

/** Shows one key. */
export const getKey: Endpoint = {
  async handle({ keys, context, keyId, now }) {
    return presentKey(await keys.get(context, keyId), now());
  },
};
