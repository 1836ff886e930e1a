import type { Request } from 'express';

/** Whether a request changes state, and therefore has a body. */
export function changesState(req: Pick<Request, 'method'>): boolean {
  return req.method !== 'GET' && req.method !== 'HEAD';
}
