import type { KeyInput } from '../../manage/change.js';
import { isDefaultKey } from './default-key.js';
import { invalidParam } from './deribit-error.js';
import type { PrivateContext, PrivateMethod } from './deribit-method.js';
import { parseMaxScope } from './deribit-scopes.js';
import { keyName } from './key-name.js';
import { keyWithNumber } from './live-keys.js';
import { presentApiKey } from './present-api-key.js';
import { addresses, flag, keyNumber, optionalParam, requiredParam, words } from './read-param.js';

/** Changes what is named, and nothing else. */
export const editApiKey: PrivateMethod = changing('private/edit_api_key', true, ({ params, options }) => {
  const sent = {
    scopes: optionalParam(params, 'max_scope', parseMaxScope),
    name: optionalParam(params, 'name', keyName(options.strictName)),
    enabled: optionalParam(params, 'enabled', flag),
    features: optionalParam(params, 'enabled_features', words),
    ipAllowlist: optionalParam(params, 'ip_whitelist', addresses),
  };
  const isNothing = Object.values(sent).every((value) => value === undefined);
  // The schema has max_scope as required, and the text "at least one parameter must be provided".
  if (isNothing) invalidParam('max_scope', 'is required, or another parameter that is to be changed');
  return sent;
});

/** Gives a key another name. */
export const changeApiKeyName: PrivateMethod = changing(
  'private/change_api_key_name',
  false,
  ({ params, options }) => ({
    name: requiredParam(params, 'name', keyName(options.strictName)),
  }),
);

/** What the new scope does not allow is refused from the answer on, tokens of the key included. */
export const changeScopeInApiKey: PrivateMethod = changing(
  'private/change_scope_in_api_key',
  true,
  ({ params }) => ({
    scopes: requiredParam(params, 'max_scope', parseMaxScope),
  }),
);

/** Lets a key in again. */
export const enableApiKey: PrivateMethod = changing('private/enable_api_key', false, () => ({
  enabled: true,
}));

/** "All requests using this key will be rejected." */
export const disableApiKey: PrivateMethod = changing('private/disable_api_key', true, () => ({
  enabled: false,
}));

/**
 * A method that changes one key.
 *
 * @param tfa - whether the documents mark it with "TFA required"
 * @param read - reads what is changed; the number of the key was read before
 */
function changing(
  name: PrivateMethod['name'],
  tfa: boolean,
  read: (context: PrivateContext) => KeyInput,
): PrivateMethod {
  return {
    ...{ name, scope: 'account:read_write', tfa, needsParams: true },
    prepare(context) {
      const { call, caller, params, callers, keyspace } = context;
      const number = requiredParam(params, 'id', keyNumber);
      const input = read(context);
      return async () => {
        const keys = keyspace.keys();
        const who = callers.contextOf(call, caller);
        const found = await keyWithNumber(keys, who, number);
        const isDefault = await isDefaultKey(keys, who, found);
        const { record, effectiveBy } = await keys.update(who, found.id, input);
        return { result: presentApiKey(context, record, isDefault), effectiveBy };
      };
    },
  };
}
