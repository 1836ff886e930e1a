import type { Endpoint } from './endpoint.js';
import { presentNewKey } from './present-key.js';

/**
 * Makes a key; the only answer besides rotation that shows a token. Whose key it is comes from the caller: only an
 * admin names an owner.
 */
export const postKeys: Endpoint = {
  operationId: 'createKey',
  summary: 'Make a key',
  description: 'The answer is the only one, besides that to a rotation, that shows the API key itself.',
  body: {
    name: 'required',
    scopes: 'required',
    ownerId: 'admins',
    description: 'optional',
    expiresAt: 'optional',
    ipAllowlist: 'optional',
    metadata: 'optional',
    environment: 'optional',
  },
  answers: {
    201: { description: 'The new key.', schema: 'KeyWithSecret', headers: ['ETag', 'Location'] },
  },
  problems: ['forbidden', 'insufficient_scope'],
  async handle({ keys, context, body, baseUrl, now }) {
    const created = await keys.create(context, body);
    return presentNewKey(created, baseUrl, now());
  },
};
