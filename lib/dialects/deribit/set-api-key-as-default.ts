import { markAsDefault } from './default-key.js';
import type { PrivateMethod } from './deribit-method.js';
import { findKeyByNumber } from './list-live-keys.js';
import { presentApiKey } from './present-api-key.js';
import { readKeyNumber, readRequiredParam } from './read-param.js';

/** No longer documented, but still called by clients. */
export const setApiKeyAsDefault: PrivateMethod = {
  name: 'private/set_api_key_as_default',
  scope: 'account:read_write',
  operation: 'update',
  tfa: false,
  needsParams: true,
  prepare(context) {
    const { call, caller, params, callers, keyspace, host } = context;
    const number = readRequiredParam(params, 'id', readKeyNumber);
    const now = host.clock.now();
    return async () => {
      const keys = keyspace.keys();
      const changeContext = callers.createContext(call, caller);
      const found = await findKeyByNumber(keys, changeContext, number);
      const metadata = markAsDefault(found, now);
      // Metadata is replaced as a whole: the expected version prevents overwriting a concurrent change.
      const { record, effectiveBy } = await keys.update(changeContext, found.id, { metadata }, [
        found.version,
      ]);
      return { result: presentApiKey(context, record, true), effectiveBy };
    };
  },
};
