import type { Response } from 'express';

/**
 * A key in a header of its own does not keep shared caches from storing the answer, as `Authorization` would
 * (RFC 9111 section 3.5). What was set for the whole app gives way; what the handler sets later, wins.
 */
export function keepOffSharedCaches(res: Response): void {
  const given = res.getHeader('Cache-Control');
  if (given === undefined || !/\b(?:private|no-store)\b/i.test(String(given))) {
    res.setHeader('Cache-Control', 'private');
  }
}

/** The answer depends on the headers that keys are read from. */
export function varyOnHeaders(res: Response, names: string): void {
  // Express parses and writes the list again; nearly always there is none yet.
  if (res.getHeader('Vary') === undefined) res.setHeader('Vary', names);
  else res.vary(names);
}
