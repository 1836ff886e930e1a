import { maxClockSkewMs } from '../domain/clock-skew.js';
import type { NonceStore } from '../ports/nonce-store.js';

/**
 * Records nonces beyond their end: a process whose clock is ahead removes expired ones, while another one still accepts what they
 * belong to. It has accepted that earlier, too.
 */
export function keepNoncesLonger(nonces: NonceStore): NonceStore {
  return {
    take: (name, expiresAt, now, takeableSince = Infinity) =>
      nonces.take(name, expiresAt + maxClockSkewMs, now, takeableSince - maxClockSkewMs),
    has: (name, now) => nonces.has(name, now),
  };
}
