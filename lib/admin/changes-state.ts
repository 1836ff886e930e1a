import type { Request } from 'express';

/** Whether a request is one that changes something, and has a body. */
export function changesState(req: Pick<Request, 'method'>): boolean {
  return req.method !== 'GET' && req.method !== 'HEAD';
}
