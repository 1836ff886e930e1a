import { FailureLog } from '../domain/failure-log.js';
import type { Logger } from '../ports/logger.js';
import type { NonceStore } from '../ports/nonce-store.js';
import type { ReplayGuard } from '../ports/replay-guard.js';

/** Records uses of signatures in the key database, for instances without Redis. A restart loses nothing. */
export function createStoreReplayGuard(names: NonceStore, logger: Logger): ReplayGuard {
  const failures = new FailureLog(logger, {
    begins:
      'signed requests are answered with 503: it cannot be found out whether a signature was used before',
    ends: (lost) => `signatures can be checked again; ${lost} signed requests were answered with 503`,
  });
  return {
    async take({ name, rememberUntil, now }) {
      try {
        const isFirst = await names.take(nameUse(name), rememberUntil, now);
        failures.worked();
        return isFirst ? 'first' : 'used';
      } catch (error) {
        failures.failed(error, 1);
        return 'unknown';
      }
    },

    async isUsed({ name, now }) {
      // A store that does not answer is noticed, and logged, when the signature is taken.
      return names.has(nameUse(name), now).catch(() => false);
    },
  };
}

/** Names of other kinds are in the same table. */
function nameUse(name: string): string {
  return `signature ${name}`;
}
