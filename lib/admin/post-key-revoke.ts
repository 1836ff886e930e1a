import type { Endpoint } from './endpoint.js';
import { parseIfMatch } from './parse-if-match.js';
import { presentChange } from './present-key.js';

/** Ends a key for good; it stays readable. */
export const postKeyRevoke: Endpoint = {
  async handle({ keys, context, keyId, ifMatch, now }) {
    return presentChange(await keys.revoke(context, keyId, parseIfMatch(ifMatch)), now());
  },
};
