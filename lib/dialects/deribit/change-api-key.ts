import type { KeyInput } from '../../manage/change.js';
import { isDefaultKey } from './default-key.js';
import { refuseParam } from './deribit-error.js';
import type { PrivateContext, PrivateMethod } from './deribit-method.js';
import { parseMaxScope } from './deribit-scopes.js';
import { createKeyNameReader } from './key-name.js';
import { findKeyByNumber } from './list-live-keys.js';
import { presentApiKey } from './present-api-key.js';
import {
  readAddresses,
  readBoolean,
  readKeyNumber,
  readOptionalParam,
  readRequiredParam,
  readWords,
} from './read-param.js';

/** Changes the named fields only. */
export const editApiKey: PrivateMethod = createChangeMethod(
  'private/edit_api_key',
  true,
  ({ params, options }) => {
    const sent = {
      scopes: readOptionalParam(params, 'max_scope', parseMaxScope),
      name: readOptionalParam(params, 'name', createKeyNameReader(options.strictName)),
      enabled: readOptionalParam(params, 'enabled', readBoolean),
      features: readOptionalParam(params, 'enabled_features', readWords),
      ipAllowlist: readOptionalParam(params, 'ip_whitelist', readAddresses),
    };
    const isNothing = Object.values(sent).every((value) => value === undefined);
    // The schema marks max_scope as required, but the text says "at least one parameter must be provided".
    if (isNothing) refuseParam('max_scope', 'is required, or another parameter that is to be changed');
    return sent;
  },
);

/** Renames a key. */
export const changeApiKeyName: PrivateMethod = createChangeMethod(
  'private/change_api_key_name',
  false,
  ({ params, options }) => ({
    name: readRequiredParam(params, 'name', createKeyNameReader(options.strictName)),
  }),
);

/** From the response on, everything beyond the new scope is refused, including requests with tokens of the key. */
export const changeScopeInApiKey: PrivateMethod = createChangeMethod(
  'private/change_scope_in_api_key',
  true,
  ({ params }) => ({
    scopes: readRequiredParam(params, 'max_scope', parseMaxScope),
  }),
);

/** Enables a key again. */
export const enableApiKey: PrivateMethod = createChangeMethod('private/enable_api_key', false, () => ({
  enabled: true,
}));

/** "All requests using this key will be rejected." */
export const disableApiKey: PrivateMethod = createChangeMethod('private/disable_api_key', true, () => ({
  enabled: false,
}));

/**
 * Creates a method that changes one key.
 *
 * @param tfa - whether the documents mark it with "TFA required"
 * @param read - reads the changes; the number of the key was read before
 */
function createChangeMethod(
  name: PrivateMethod['name'],
  tfa: boolean,
  read: (context: PrivateContext) => KeyInput,
): PrivateMethod {
  return {
    ...{ name, scope: 'account:read_write', operation: 'update', tfa, needsParams: true },
    prepare(context) {
      const { call, caller, params, callers, keyspace } = context;
      const number = readRequiredParam(params, 'id', readKeyNumber);
      const input = read(context);
      return async () => {
        const keys = keyspace.keys();
        const changeContext = callers.createContext(call, caller);
        const found = await findKeyByNumber(keys, changeContext, number);
        const isDefault = await isDefaultKey(keys, changeContext, found);
        const { record, effectiveBy } = await keys.update(changeContext, found.id, input);
        return { result: presentApiKey(context, record, isDefault), effectiveBy };
      };
    },
  };
}
