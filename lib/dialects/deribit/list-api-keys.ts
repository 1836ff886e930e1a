import { findDefaultId } from './default-key.js';
import type { PrivateMethod } from './deribit-method.js';
import { listLiveKeys } from './list-live-keys.js';
import { presentApiKey } from './present-api-key.js';

/** The caller's keys, without their secrets, by number. */
export const listApiKeys: PrivateMethod = {
  name: 'private/list_api_keys',
  scope: 'account:read',
  tfa: true,
  needsParams: false,
  isRead: true,
  prepare: (context) => async () => {
    const { call, caller, callers, keyspace } = context;
    const records = await listLiveKeys(keyspace.keys(), callers.createContext(call, caller));
    const defaultId = findDefaultId(records);
    return { result: records.map((record) => presentApiKey(context, record, record.id === defaultId)) };
  },
};
