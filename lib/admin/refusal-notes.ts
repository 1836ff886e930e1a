import type { Request } from 'express';
import { getVisibleOwnerId, toAuditActor, type Actor } from '../domain/actor.js';
import { isKeyId } from '../domain/key-format.js';
import type { AccessNotes } from '../http/access-notes.js';
import { toProblem } from '../http/to-problem.js';
import { FailureWindows } from '../verify/failure-windows.js';

/** Statuses of refusals. 404 is one of them because it is the response for other owners' keys. */
const refusingStatuses: ReadonlySet<number> = new Set([401, 403, 404, 429]);

/** So many refusals of one actor, in one process, name the key of their path. */
const namedRefusals = { failures: 50, windowSeconds: 60 };

/**
 * Records the requests that the management API refuses. The key of the path is named where the caller is known, and not for every
 * refusal in a row: callers would choose the rows of the access log with invented ids, and push those of others out.
 */
export interface RefusalNotes {
  /** Notes the actor of a request, as soon as it is known. */
  asks(req: Request, actor: Actor): void;
  /** Records a request that failed with this error, if it was refused. */
  ended(req: Request, path: string, thrown: unknown): void;
}

/** @param access - where refusals are recorded */
export function createRefusalNotes(access: AccessNotes): RefusalNotes {
  const actors = new WeakMap<Request, Actor>();
  const named = new FailureWindows(namedRefusals);

  function readKeyId({ id }: Request['params'], actor: Actor | undefined): string | null {
    if (actor === undefined || typeof id !== 'string' || !isKeyId(id)) return null;
    const { kind, id: actorId } = toAuditActor(actor);
    return named.fail(`${kind} ${actorId}`) === 0 ? id : null;
  }

  return {
    asks: (req, actor) => void actors.set(req, actor),

    ended(req, path, thrown) {
      const { problem, status } = toProblem(thrown);
      if (!refusingStatuses.has(status)) return;
      const actor = actors.get(req);
      access.refused(req, problem, {
        route: path,
        keyId: readKeyId(req.params, actor),
        ...(actor === undefined ? {} : { ownerId: getVisibleOwnerId(actor), actor: toAuditActor(actor) }),
      });
    },
  };
}
