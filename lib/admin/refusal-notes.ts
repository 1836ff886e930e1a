import type { Request } from 'express';
import { getVisibleOwnerId, toAuditActor, type Actor } from '../domain/actor.js';
import { isKeyId } from '../domain/key-format.js';
import type { AccessNotes } from '../http/access-notes.js';
import { toProblem } from '../http/to-problem.js';

/** Statuses of refusals. 404 is one of them because it is the response for other owners' keys. */
const refusingStatuses: ReadonlySet<number> = new Set([401, 403, 404, 429]);

/** Records the requests that the management API refuses. */
export interface RefusalNotes {
  /** Notes the actor of a request, as soon as it is known. */
  asks(req: Request, actor: Actor): void;
  /** Records a request that failed with this error, if it was refused. */
  ended(req: Request, path: string, thrown: unknown): void;
}

/** @param access - where refusals are recorded */
export function createRefusalNotes(access: AccessNotes): RefusalNotes {
  const actors = new WeakMap<Request, Actor>();

  return {
    asks: (req, actor) => void actors.set(req, actor),

    ended(req, path, thrown) {
      const { problem, status } = toProblem(thrown);
      if (!refusingStatuses.has(status)) return;
      const actor = actors.get(req);
      const { id } = req.params;
      access.refused(req, problem, {
        route: path,
        keyId: typeof id === 'string' && isKeyId(id) ? id : null,
        ...(actor === undefined ? {} : { ownerId: getVisibleOwnerId(actor), actor: toAuditActor(actor) }),
      });
    },
  };
}
