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
    scopes: ({ keyspace }) => (keyspace.policy.omittedScopes === null ? 'required' : 'optional'),
    ownerId: 'admins',
    description: 'optional',
    expiresAt: 'optional',
    ipAllowlist: 'optional',
    metadata: 'optional',
    features: 'optional',
    tags: 'optional',
    publicKey: 'optional',
    signing: 'optional',
    rateLimits: 'optional',
    credits: 'optional',
    tokenLifetimeSeconds: 'optional',
    environment: 'optional',
  },
  headers: ['Idempotency-Key'],
  answers: {
    201: {
      description: 'The new key.',
      schema: 'NewSecret',
      headers: ['ETag', 'Location', 'Idempotency-Replayed'],
    },
    202: {
      description: 'The new key; the keys that it replaces end by `effectiveBy`.',
      schema: 'PendingNewSecret',
      headers: ['ETag', 'Location', 'Idempotency-Replayed'],
    },
  },
  problems: [
    'forbidden',
    'insufficient_scope',
    'conflict',
    'key_limit_reached',
    'invalid_public_key',
    'request_in_progress',
    'idempotency_key_reused',
  ],
  async handle({ keys, context, body, idempotencyKey, baseUrl, now }) {
    const result =
      idempotencyKey === undefined
        ? { changed: await keys.create(context, body), isReplay: false }
        : await keys.createOnce(context, idempotencyKey, body);
    return presentNewKey(result, baseUrl, now());
  },
};
