import { auth } from './auth.js';
import type { DeribitMethod } from './deribit-method.js';
import { exchangeToken, forkToken, logout } from './session-methods.js';

/** Every method about tokens. */
export const authenticationMethods: readonly DeribitMethod[] = [auth, forkToken, exchangeToken, logout];
