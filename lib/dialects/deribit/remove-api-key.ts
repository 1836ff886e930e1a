import type { PrivateMethod } from './deribit-method.js';
import { findKeyByNumber } from './list-live-keys.js';
import { readKeyNumber, readRequiredParam } from './read-param.js';

/** Revokes a key, which is final. Its number is never reused. */
export const removeApiKey: PrivateMethod = {
  name: 'private/remove_api_key',
  scope: 'account:read_write',
  operation: 'revoke',
  tfa: false,
  needsParams: true,
  prepare(context) {
    const { call, caller, params, callers, keyspace } = context;
    const number = readRequiredParam(params, 'id', readKeyNumber);
    return async () => {
      const keys = keyspace.keys();
      const changeContext = callers.createContext(call, caller);
      const { id } = await findKeyByNumber(keys, changeContext, number);
      const { effectiveBy } = await keys.revoke(changeContext, id);
      return { result: 'ok', effectiveBy };
    };
  },
};
