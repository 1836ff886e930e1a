import { markedDefault } from './default-key.js';
import type { PrivateMethod } from './deribit-method.js';
import { keyWithNumber } from './live-keys.js';
import { presentApiKey } from './present-api-key.js';
import { keyNumber, requiredParam } from './read-param.js';

/** Gone from the documents, and still called by clients. */
export const setApiKeyAsDefault: PrivateMethod = {
  name: 'private/set_api_key_as_default',
  scope: 'account:read_write',
  tfa: false,
  needsParams: true,
  prepare(context) {
    const { call, caller, params, callers, keyspace, host } = context;
    const number = requiredParam(params, 'id', keyNumber);
    const now = host.clock.now();
    return async () => {
      const keys = keyspace.keys();
      const who = callers.contextOf(call, caller);
      const found = await keyWithNumber(keys, who, number);
      const metadata = markedDefault(found, now);
      // Metadata is written as a whole: what somebody else has written meanwhile must not be lost.
      const { record, effectiveBy } = await keys.update(who, found.id, { metadata }, [found.version]);
      return { result: presentApiKey(context, record, true), effectiveBy };
    };
  },
};
