import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { KeyInput } from '../../manage/key-service.js';
import { isDefaultKey, markedDefault } from './default-key.js';
import { invalidParam } from './deribit-error.js';
import type { PrivateContext, PrivateMethod, Run } from './deribit-method.js';
import { parseMaxScope } from './deribit-scopes.js';
import { keyName } from './key-name.js';
import { keyWithNumber } from './live-keys.js';
import { presentApiKey } from './present-api-key.js';
import { addresses, flag, keyNumber, optionalParam, requiredParam, words } from './read-param.js';

const changing = { scope: 'account:read_write', needsParams: true } as const;

/** Changes what is named, and nothing else. */
export const editApiKey: PrivateMethod = {
  ...changing,
  name: 'private/edit_api_key',
  tfa: true,
  prepare(context) {
    const { params, options } = context;
    const number = requiredParam(params, 'id', keyNumber);
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
    return change(context, number, () => sent);
  },
};

/** Gives a key another name. */
export const changeApiKeyName: PrivateMethod = {
  ...changing,
  name: 'private/change_api_key_name',
  tfa: false,
  prepare(context) {
    const number = requiredParam(context.params, 'id', keyNumber);
    const name = requiredParam(context.params, 'name', keyName(context.options.strictName));
    return change(context, number, () => ({ name }));
  },
};

/** What the new scope does not allow is refused from the answer on, tokens of the key included. */
export const changeScopeInApiKey: PrivateMethod = {
  ...changing,
  name: 'private/change_scope_in_api_key',
  tfa: true,
  prepare(context) {
    const number = requiredParam(context.params, 'id', keyNumber);
    const scopes = requiredParam(context.params, 'max_scope', parseMaxScope);
    return change(context, number, () => ({ scopes }));
  },
};

/** Lets a key in again. */
export const enableApiKey: PrivateMethod = {
  ...changing,
  name: 'private/enable_api_key',
  tfa: false,
  prepare: (context) =>
    change(context, requiredParam(context.params, 'id', keyNumber), () => ({ enabled: true })),
};

/** "All requests using this key will be rejected." */
export const disableApiKey: PrivateMethod = {
  ...changing,
  name: 'private/disable_api_key',
  tfa: true,
  prepare: (context) =>
    change(context, requiredParam(context.params, 'id', keyNumber), () => ({ enabled: false })),
};

/** Gone from the documents, and still called by clients. */
export const setApiKeyAsDefault: PrivateMethod = {
  ...changing,
  name: 'private/set_api_key_as_default',
  tfa: false,
  prepare(context) {
    const number = requiredParam(context.params, 'id', keyNumber);
    const now = context.host.clock.now();
    return change(context, number, (record) => ({ metadata: markedDefault(record, now) }), true);
  },
};

/** @param isMadeDefault - whether the change makes the key the default one */
function change(
  context: PrivateContext,
  number: number,
  changesOf: (record: ApiKeyRecord) => KeyInput,
  isMadeDefault = false,
): Run {
  return async () => {
    const keys = context.keyspace.keys();
    const who = context.callers.contextOf(context.call, context.caller);
    const found = await keyWithNumber(keys, who, number);
    const isDefault = isMadeDefault || (await isDefaultKey(keys, who, found));
    // Metadata is written as a whole: what somebody else has written meanwhile must not be lost.
    const expected = isMadeDefault ? [found.version] : undefined;
    const { record, effectiveBy } = await keys.update(who, found.id, changesOf(found), expected);
    return { result: presentApiKey(context, record, isDefault), effectiveBy };
  };
}
