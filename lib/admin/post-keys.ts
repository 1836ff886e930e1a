import { listKeyFieldsSetAt } from '../domain/key-field-table.js';
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
} = declareOptional(listKeyFieldsSetAt('creation'));

/**
 * Creates a key; the only response besides that of a rotation that contains a token. The owner is derived from the caller:
 * only an admin names one.
 */
export const postKeys: Endpoint = {
  operationId: 'createKey',
  summary: 'Create a key',
  description: 'The response is the only one, besides that of a rotation, that contains the API key itself.',
  // Problems are listed in this order.
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
      schema: 'KeyWithSecret',
      headers: ['ETag', 'Location', 'Idempotency-Replayed'],
    },
    202: {
      description: 'The new key; the keys that it replaces stop working by `effectiveBy`.',
      schema: 'PendingKeyWithSecret',
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
