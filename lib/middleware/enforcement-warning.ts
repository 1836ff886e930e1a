import type { Logger } from '../ports/logger.js';
import type { Enforcement } from '../http/enforcement-options.js';

/** Logs, once, that guards let every request through. */
export type WarnNotEnforced = (guards: string, enforcement: Enforcement) => void;

/** In production a guard that enforces nothing must not go unnoticed; elsewhere it is what somebody tries out. */
export function createEnforcementWarning(logger: Logger): WarnNotEnforced {
  if (process.env['NODE_ENV'] !== 'production') return () => undefined;
  return (guards, { enforceFrom, enforcePercent }) => {
    const share = enforcePercent === 0 ? '' : `, except for ${enforcePercent} % of keys`;
    const end = enforceFrom === null ? '' : `, until ${new Date(enforceFrom).toISOString()}`;
    logger.warn(`api-keys: not enforced, because mode is 'observe': ${guards}${share}${end}`);
  };
}
