import type { PrivateMethod } from './deribit-method.js';
import { parseMaxScope } from './deribit-scopes.js';
import { createKeyNameReader, noName } from './key-name.js';
import { presentNewApiKey } from './present-api-key.js';
import { readAddresses, readOptionalParam, readRequiredParam, readString, readWords } from './read-param.js';

/** Creates a key and returns its secret this once. A key with a public key has none. */
export const createApiKey: PrivateMethod = {
  name: 'private/create_api_key',
  scope: 'account:read_write',
  operation: 'create',
  tfa: true,
  needsParams: true,
  prepare(context) {
    const { params, options, callers, keyspace } = context;
    const publicKey = readOptionalParam(params, 'public_key', readString);
    const input = {
      // Omitted areas are `none`, but the parameter is required.
      scopes: readRequiredParam(params, 'max_scope', parseMaxScope),
      name: readOptionalParam(params, 'name', createKeyNameReader(options.strictName)) ?? noName,
      features: readOptionalParam(params, 'enabled_features', readWords),
      // Documented for edit_api_key alone, though the text says of new keys that they can be restricted to addresses.
      ipAllowlist: readOptionalParam(params, 'ip_whitelist', readAddresses),
      // Signatures can only be verified with the secret itself, so it is kept, sealed.
      ...(publicKey === undefined ? { signing: 'hmac' } : { publicKey }),
    };
    return async () => {
      const changeContext = callers.createContext(context.call, context.caller);
      const { record, token, effectiveBy } = await keyspace.keys().create(changeContext, input);
      return { result: presentNewApiKey(context, record, token, false), effectiveBy };
    };
  },
};
