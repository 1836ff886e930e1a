import type { PrivateMethod } from './deribit-method.js';
import { keyWithNumber } from './live-keys.js';
import { keyNumber, requiredParam } from './read-param.js';

/** Ends a key for good. Its number is never given again. */
export const removeApiKey: PrivateMethod = {
  name: 'private/remove_api_key',
  scope: 'account:read_write',
  tfa: false,
  needsParams: true,
  prepare(context) {
    const { call, caller, params, callers, keyspace } = context;
    const number = requiredParam(params, 'id', keyNumber);
    return async () => {
      const keys = keyspace.keys();
      const who = callers.contextOf(call, caller);
      const { id } = await keyWithNumber(keys, who, number);
      const { effectiveBy } = await keys.revoke(who, id);
      return { result: 'ok', effectiveBy };
    };
  },
};
