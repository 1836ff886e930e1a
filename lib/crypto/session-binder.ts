import type { SessionBinder } from '../ports/session-binder.js';
import { createSigner } from './cursor-signer.js';
import type { Pepper } from './peppers.js';

/**
 * Creates the binder of session ids: an id is encoded and signed like a cursor, with a key of its own.
 *
 * @param peppers - the current one first
 */
export function createSessionBinder(peppers: readonly [Pepper, ...Pepper[]]): SessionBinder {
  const signer = createSigner(peppers, 'session');
  return {
    bind: (sessionId, keyId) => signer.sign(sessionId, keyId),
    open: (bound, keyId) => signer.open(bound, keyId),
  };
}
