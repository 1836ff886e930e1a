import type { PrivateMethod } from './deribit-method.js';
import { parseMaxScope } from './deribit-scopes.js';
import { keyName, noName } from './key-name.js';
import { presentNewApiKey } from './present-api-key.js';
import { addresses, optionalParam, requiredParam, text, words } from './read-param.js';

/** Makes a key, and shows its secret this once. With a public key there is none. */
export const createApiKey: PrivateMethod = {
  name: 'private/create_api_key',
  scope: 'account:read_write',
  tfa: true,
  needsParams: true,
  prepare(context) {
    const { params, options, callers, keyspace } = context;
    const publicKey = optionalParam(params, 'public_key', text);
    const input = {
      // An area that it does not name is `none`, but it has to be there.
      scopes: requiredParam(params, 'max_scope', parseMaxScope),
      name: optionalParam(params, 'name', keyName(options.strictName)) ?? noName,
      features: optionalParam(params, 'enabled_features', words),
      // Documented for edit_api_key alone, though the text says of new keys that they can be restricted to addresses.
      ipAllowlist: optionalParam(params, 'ip_whitelist', addresses),
      // A signature can only be checked with the secret itself, so it is kept, sealed.
      ...(publicKey === undefined ? { signing: 'hmac' } : { publicKey }),
    };
    return async () => {
      const who = callers.contextOf(context.call, context.caller);
      const { record, token, effectiveBy } = await keyspace.keys().create(who, input);
      return { result: presentNewApiKey(context, record, token, false), effectiveBy };
    };
  },
};
