import type { Logger } from '../ports/logger.js';
import type { OneTimeNames } from '../ports/one-time-names.js';
import type { ReplayGuard } from '../ports/replay-guard.js';

/** Remembers signatures in the database of the keys, where there is no Redis: a restart loses nothing there. */
export function createStoreReplayGuard(names: OneTimeNames, logger: Logger): ReplayGuard {
  return {
    async take({ name, rememberUntil, now }) {
      try {
        return (await names.take(`signature ${name}`, rememberUntil, now)) ? 'first' : 'used';
      } catch (error) {
        logger.warn('api-keys: it cannot be found out whether a signature was used before', error);
        return 'unknown';
      }
    },
  };
}
