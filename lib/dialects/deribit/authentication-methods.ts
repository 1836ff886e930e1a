import type { DeribitMethod } from './deribit-method.js';

/** For the time being. */
export const authenticationMethods: readonly DeribitMethod[] = [];
