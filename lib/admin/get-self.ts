import type { Endpoint } from './endpoint.js';
import { getKey } from './get-key.js';

/** Shows a key to its holder: the id is that of the key in the request. */
export const getSelf: Endpoint = {
  ...getKey,
  operationId: 'getSelf',
  summary: 'Show the key that the request was sent with',
};
