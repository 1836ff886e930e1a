import type { Endpoint } from './endpoint.js';
import { postKeyRevoke } from './post-key-revoke.js';

/** Lets the holder of a key revoke it, for example after a leak: the id is that of the key in the request. */
export const postSelfRevoke: Endpoint = {
  ...postKeyRevoke,
  operationId: 'revokeSelf',
  summary: 'Revoke the key that the request was sent with',
};
