import type { Response } from 'express';

/**
 * A key in a header of its own does not keep shared caches from storing the answer, as `Authorization` would
 * (RFC 9111 section 3.5). What was set for the whole app gives way; what the handler sets later, wins.
 */
export function keepOffSharedCaches(res: Response): void {
  const given = getHeader(res, 'Cache-Control');
  if (given === undefined || !/\b(?:private|no-store)\b/i.test(String(given))) {
    setHeader(res, 'Cache-Control', 'private');
  }
}

/** The answer depends on the headers that keys are read from. */
export function varyOnHeaders(res: Response, names: string): void {
  // Express parses and writes the list again; nearly always there is none yet.
  if (getHeader(res, 'Vary') === undefined) setHeader(res, 'Vary', names);
  else res.vary(names);
}

// As in `readOnce`: V8 knows the shape of no response of Express, and `Reflect.get` does not look for it first. The methods are read each
// time, because an app may have put its own in their place.

function getHeader(res: Response, name: string): ReturnType<Response['getHeader']> {
  return (Reflect.get(res, 'getHeader') as Response['getHeader']).call(res, name);
}

function setHeader(res: Response, name: string, value: string): void {
  (Reflect.get(res, 'setHeader') as Response['setHeader']).call(res, name, value);
}
