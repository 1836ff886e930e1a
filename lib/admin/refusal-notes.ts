import type { Request } from 'express';
import { auditIdOf, ownerSeenBy, type Actor } from '../domain/actor.js';
import { isKeyId } from '../domain/key-format.js';
import type { AccessNotes } from '../http/access-notes.js';
import { toProblem } from '../http/to-problem.js';

/** Answers that say: not you, or not this. Keys of others are answered with 404. */
const refusingStatuses: ReadonlySet<number> = new Set([401, 403, 404, 429]);

/** Writes down which requests the management side refuses. */
export interface RefusalNotes {
  /** Says who makes a request, as soon as that is known. */
  asks(req: Request, actor: Actor): void;
  /** Writes down a request that ended in this, if it was refused. */
  ended(req: Request, path: string, thrown: unknown): void;
}

/** @param access - where it is written */
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
        ...(actor === undefined
          ? {}
          : { ownerId: ownerSeenBy(actor), actor: { kind: actor.kind, id: auditIdOf(actor) } }),
      });
    },
  };
}
