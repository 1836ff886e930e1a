import type { IncomingMessage } from 'node:http';

/** Whether a request is a CORS preflight as browsers send it (Fetch standard, "CORS-preflight request"). */
export function isPreflight({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}
