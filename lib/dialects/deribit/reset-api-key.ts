import { shownPublicKey } from '../../domain/shown-public-key.js';
import { isDefaultKey } from './default-key.js';
import { invalidParam } from './deribit-error.js';
import type { PrivateMethod } from './deribit-method.js';
import { keyWithNumber } from './live-keys.js';
import { presentNewApiKey } from './present-api-key.js';
import { keyNumber, requiredParam } from './read-param.js';

/** Gives a key another secret, and shows it this once. What the old one has signed or was exchanged for ends with it. */
export const resetApiKey: PrivateMethod = {
  name: 'private/reset_api_key',
  scope: 'account:read_write',
  tfa: false,
  needsParams: true,
  prepare(context) {
    const { params, callers, keyspace } = context;
    const number = requiredParam(params, 'id', keyNumber);
    return async () => {
      const keys = keyspace.keys();
      const who = callers.contextOf(context.call, context.caller);
      const found = await keyWithNumber(keys, who, number);
      if (shownPublicKey(found) !== null) invalidParam('id', 'asymmetric key has no secret');
      // Asked before: nothing may fail once there is a secret that is shown only here.
      const isDefault = await isDefaultKey(keys, who, found);
      const { record, token, effectiveBy } = await keys.rotate(who, found.id, {});
      return { result: presentNewApiKey(context, record, token, isDefault), effectiveBy };
    };
  },
};
