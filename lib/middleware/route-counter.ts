import type { Request, Response } from 'express';
import type { RequestBegun, RouteUsageRecorder } from '../audit/route-usage-recorder.js';
import type { CountedFor } from '../audit/erasure-marks.js';
import { toStatusClass, type StatusClass } from '../domain/route-usage.js';
import type { Verdict } from '../domain/verdict.js';
import {
  describeBoundedRoute,
  findAnsweredRoute,
  noteFilled,
  type RouteNotes,
} from '../http/answered-route.js';
import { hasEnded } from '../http/has-ended.js';
import { isStreamReset } from '../http/is-stream-reset.js';

/**
 * Counts requests of authenticated keys by their route and the status that they were answered with, when that is known. A request is
 * counted once, however many guards it passes.
 */
export class RouteCounter {
  readonly #recorder: Pick<RouteUsageRecorder, 'note' | 'mark'>;
  readonly #notes: RouteNotes;
  readonly #seen = new WeakSet<Request>();

  constructor(recorder: Pick<RouteUsageRecorder, 'note' | 'mark'>, notes: RouteNotes) {
    this.#recorder = recorder;
    this.#notes = notes;
  }

  /** To be read before a guard decides: until the request is counted, its key and its owner may be erased. */
  get mark(): number {
    return this.#recorder.mark;
  }

  /**
   * Counts a request when it has been answered. To be called when a guard has decided. Never throws.
   *
   * @param mark - what {@link mark} was before that
   */
  follow(req: Request, res: Response, verdict: Verdict, mark: number): void {
    const of = getProvenKey(verdict);
    if (of === undefined || this.#seen.has(req)) return;
    // A request that is only checked, as with `verifyRequest`, is not answered here.
    if (typeof res.once !== 'function') return;
    try {
      this.#seen.add(req);
      this.#countAtEnd(req, res, { ...of, mark });
    } catch {
      // A request that cannot be read is still answered.
    }
  }

  #countAtEnd(req: Request, res: Response, begun: RequestBegun): void {
    noteFilled(this.#notes, req);
    const { baseUrl } = req;
    const isInRoute = req.route !== undefined;
    const here = describeBoundedRoute(this.#notes, req);
    let isCounted = false;
    const count = (status: StatusClass): void => {
      if (isCounted) return;
      isCounted = true;
      // In front of a router, the route is known only when the request was answered.
      const route = isInRoute ? here : (findAnsweredRoute(this.#notes, req, baseUrl) ?? here);
      this.#recorder.note(begun, route, status);
    };
    if (hasEnded(res)) return count('aborted');
    // Over HTTP/2, `finish` comes for a stream that was reset as well.
    res.once('finish', () => count(isStreamReset(req) ? 'aborted' : toStatusClass(res.statusCode)));
    res.once('close', () => count('aborted'));
  }
}

/** Counted is what the usage of a key counts: no request of a caller that has not proven the secret, and none that hides the key. */
function getProvenKey(verdict: Verdict): CountedFor | undefined {
  if (verdict.allowed) return { keyId: verdict.apiKey.id, ownerId: verdict.apiKey.ownerId };
  const { code, keyId, ownerId } = verdict;
  if (keyId === undefined || ownerId === undefined || code === 'invalid_token') return undefined;
  return { keyId, ownerId };
}
