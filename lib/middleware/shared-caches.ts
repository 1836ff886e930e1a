import type { Response } from 'express';

/**
 * A key in a header of its own does not keep shared caches from storing the answer, as `Authorization` would
 * (RFC 9111 section 3.5). What was set for the whole app gives way; what the handler sets later, wins.
 */
export function keepOffSharedCaches(res: Response): void {
  const isKeptOff = /\b(?:private|no-store)\b/i.test(String(res.getHeader('Cache-Control') ?? ''));
  if (!isKeptOff) res.setHeader('Cache-Control', 'private');
}
