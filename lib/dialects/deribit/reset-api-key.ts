import { toShownPublicKey } from '../../domain/shown-public-key.js';
import { isDefaultKey } from './default-key.js';
import { refuseParam } from './deribit-error.js';
import type { PrivateMethod } from './deribit-method.js';
import { findKeyByNumber } from './list-live-keys.js';
import { presentNewApiKey } from './present-api-key.js';
import { readKeyNumber, readRequiredParam } from './read-param.js';

/** Rotates the secret of a key and returns it this once. Signatures and tokens of the old secret become invalid with it. */
export const resetApiKey: PrivateMethod = {
  name: 'private/reset_api_key',
  scope: 'account:read_write',
  operation: 'rotate',
  tfa: false,
  needsParams: true,
  prepare(context) {
    const { params, callers, keyspace } = context;
    const number = readRequiredParam(params, 'id', readKeyNumber);
    return async () => {
      const keys = keyspace.keys();
      const changeContext = callers.createContext(context.call, context.caller);
      const found = await findKeyByNumber(keys, changeContext, number);
      if (toShownPublicKey(found) !== null) refuseParam('id', 'asymmetric key has no secret');
      // Read before the rotation: nothing may fail once there is a secret that is returned only here.
      const isDefault = await isDefaultKey(keys, changeContext, found);
      const { record, token, effectiveBy } = await keys.rotate(changeContext, found.id, {});
      return { result: presentNewApiKey(context, record, token, isDefault), effectiveBy };
    };
  },
};
