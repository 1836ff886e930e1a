import { isKeyId } from '../../domain/key-format.js';
import { auditIdOf } from '../../domain/actor.js';
import { problemOf } from '../../admin/problem-of.js';
import type { AccessNotes } from '../../http/access-notes.js';
import { ownerIdOf, type Caller } from '../callers.js';
import type { DialectCall } from '../dialect-call.js';
import { idInPath } from './yativo-format.js';

/** Answers that say: not you, or not this. Keys of others are answered with 404. */
const refusingStatuses: ReadonlySet<number> = new Set([403, 404, 429]);

/** Writes down a request of somebody who is known that ended in this, if it was refused. */
export function noteRefusal(
  access: AccessNotes,
  { req, params }: DialectCall,
  caller: Caller,
  thrown: unknown,
): void {
  const { problem, status } = problemOf(thrown);
  if (!refusingStatuses.has(status)) return;
  const id = idInPath(params['id'] ?? '');
  access.refused(req, problem, {
    keyId: isKeyId(id) ? id : null,
    ownerId: ownerIdOf(caller),
    actor: { kind: caller.kind, id: auditIdOf(caller) },
  });
}
