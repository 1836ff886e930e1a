import { problemOf } from '../../admin/problem-of.js';
import { auditIdOf } from '../../domain/actor.js';
import { ownerIdOf } from '../callers.js';
import type { PrivateContext, PrivateMethod } from './deribit-method.js';

/** Answers that say: not you, or not this. Keys of others are answered like those that are not there. */
const refusingStatuses: ReadonlySet<number> = new Set([403, 404, 429]);

/** Writes down a call of somebody who is known that ended in this, if it was refused. */
export function noteRefusal(
  { host, call, caller }: PrivateContext,
  method: PrivateMethod,
  thrown: unknown,
): void {
  const { problem, status } = problemOf(thrown);
  if (!refusingStatuses.has(status)) return;
  host.access.refused(call.req, problem, {
    route: `/${method.name}`,
    ownerId: ownerIdOf(caller),
    actor: { kind: caller.kind, id: auditIdOf(caller) },
  });
}
