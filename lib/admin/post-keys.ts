import { keyFieldsSetAt } from '../domain/key-field-table.js';
import { declareOptional, type Endpoint } from './endpoint.js';
import { presentNewKey } from './present-key.js';

const {
  name: _name,
  scopes: _scopes,
  ownerId: _ownerId,
  rateLimits,
  credits,
  tokenLifetimeSeconds,
  environment,
  ...others
} = declareOptional(keyFieldsSetAt('creation'));

/**
 * Makes a key; the only answer besides rotation that shows a token. Whose key it is comes from the caller: only an
 * admin names an owner.
 */
export const postKeys: Endpoint = {
  operationId: 'createKey',
  summary: 'Make a key',
  description: 'The answer is the only one, besides that to a rotation, that shows the API key itself.',
  // In the order in which problems are listed.
  body: {
    name: 'required',
    scopes: ({ keyspace }) => (keyspace.policy.omittedScopes === null ? 'required' : 'optional'),
    ownerId: 'admins',
    ...others,
    publicKey: 'optional',
    signing: 'optional',
    rateLimits,
    credits,
    tokenLifetimeSeconds,
    environment,
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
  async handle({ keys, context, fields, body, idempotencyKey, baseUrl, now }) {
    const result =
      idempotencyKey === undefined
        ? { changed: await keys.create(context, fields), isReplay: false }
        : await keys.createOnce(context, idempotencyKey, fields, body);
    return presentNewKey(result, baseUrl, now());
  },
};
