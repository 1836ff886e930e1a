import type { Challenge } from '../../http/challenge.js';

/** How callers are asked to say who they are. */
export const deribitChallenge: Challenge = { scheme: 'Bearer', realm: 'deribit' };
