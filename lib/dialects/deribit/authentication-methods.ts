import { publicAuth } from './public-auth.js';
import type { DeribitMethod } from './deribit-method.js';
import { exchangeToken, forkToken } from './session-methods.js';

/** Every method about tokens. */
export const authenticationMethods: readonly DeribitMethod[] = [publicAuth, forkToken, exchangeToken];
