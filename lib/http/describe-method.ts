import { METHODS } from 'node:http';

const known = new Set(METHODS);

/**
 * The method of a request as it may be written down. Over HTTP/2, and with middleware that takes it from elsewhere, callers send
 * any word as the method: what Node.js does not know is `OTHER`.
 */
export function describeMethod({ method }: { readonly method: string }): string {
  return known.has(method) ? method : 'OTHER';
}
