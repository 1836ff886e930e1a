import type { Endpoint } from './endpoint.js';
import { getKey } from './get-key.js';

/** Returns the calling key: the id is that of the key in the request. */
export const getSelf: Endpoint = {
  ...getKey,
  operationId: 'getSelf',
  summary: 'Get the key that the request was sent with',
};
