import type { ApiKeyGuard } from './api-key-guard.js';
import { InvalidOptionError } from '../errors.js';
import { describeHandler } from '../http/handler-description.js';
import { noteDecision } from '../http/note-decision.js';

/**
 * Builds middleware that lets everybody through and says why.
 *
 * @throws InvalidOptionError without a reason
 */
export function createOpenRoute(reason: unknown): ApiKeyGuard {
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new InvalidOptionError(
      "open: takes the reason why everybody may use the route, for example open('health check of the load balancer')",
    );
  }
  const openRoute: ApiKeyGuard = (_req, res, next) => {
    noteDecision(res);
    next();
  };
  return describeHandler(openRoute, { kind: 'open', reason });
}
