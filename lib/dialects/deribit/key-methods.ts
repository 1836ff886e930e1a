import {
  changeApiKeyName,
  changeScopeInApiKey,
  disableApiKey,
  editApiKey,
  enableApiKey,
} from './change-api-key.js';
import { createApiKey } from './create-api-key.js';
import type { PrivateMethod } from './deribit-method.js';
import { listApiKeys } from './list-api-keys.js';
import { removeApiKey } from './remove-api-key.js';
import { resetApiKey } from './reset-api-key.js';
import { setApiKeyAsDefault } from './set-api-key-as-default.js';

/** Every method about keys. */
export const keyMethods: readonly PrivateMethod[] = [
  createApiKey,
  resetApiKey,
  listApiKeys,
  editApiKey,
  changeApiKeyName,
  changeScopeInApiKey,
  enableApiKey,
  disableApiKey,
  removeApiKey,
  setApiKeyAsDefault,
];
