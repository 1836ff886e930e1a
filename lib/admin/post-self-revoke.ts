import type { Endpoint } from './endpoint.js';
import { postKeyRevoke } from './post-key-revoke.js';

/** Lets the holder of a key end it, for example when it has leaked: the id is that of the key in the request. */
export const postSelfRevoke: Endpoint = {
  ...postKeyRevoke,
  operationId: 'revokeSelf',
  summary: 'End the key that the request was sent with',
};
