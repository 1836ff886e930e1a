import type { Challenge } from '../../http/challenge.js';

/** The challenge for unauthenticated callers. */
export const deribitChallenge: Challenge = { scheme: 'Bearer', realm: 'deribit' };
