import { toProblem } from '../http/to-problem.js';
import { toAuditActor } from '../domain/actor.js';
import type { AccessNotes } from '../http/access-notes.js';
import { getOwnerId, type Caller } from './callers.js';
import type { DialectCall } from './dialect-call.js';

/** The statuses of refusals. Keys of others are answered with 404. */
const refusingStatuses: ReadonlySet<number> = new Set([403, 404, 429]);

/**
 * Records a failed request of an authenticated caller in the access log, if it was refused.
 *
 * @param keyId - the key that the request names; `null` for none
 * @param route - the route in the access log. Default: the route of the router
 */
export function noteRefusal(
  access: AccessNotes,
  { req }: DialectCall,
  caller: Caller,
  keyId: string | null,
  thrown: unknown,
  route?: string,
): void {
  const { problem, status } = toProblem(thrown);
  if (!refusingStatuses.has(status)) return;
  access.refused(req, problem, {
    ...{ keyId, route },
    ownerId: getOwnerId(caller),
    actor: toAuditActor(caller),
  });
}
