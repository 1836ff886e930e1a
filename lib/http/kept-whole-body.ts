import type { IncomingMessage } from 'node:http';

const kept = new WeakSet<IncomingMessage>();

/**
 * Has a body that turns out to be too large put back as far as it was read, instead of discarded: the request passes, whatever is
 * decided about it.
 */
export function keepWholeBody(req: IncomingMessage): void {
  kept.add(req);
}

/** Ends it when the request is decided: what decides next may refuse it. */
export function endKeepingBody(req: IncomingMessage): void {
  kept.delete(req);
}

/** Whether the whole body stays with the request. */
export function isWholeBodyKept(req: IncomingMessage): boolean {
  return kept.has(req);
}
