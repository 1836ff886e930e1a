import { listHeaderLines, type RequestHeaders } from './header-lines.js';

/**
 * The value of a header: its lines, joined with commas as Node joins most of them; `undefined` when there is none. Where no list
 * is allowed, a repeated header is therefore malformed.
 *
 * @param name - in lower case
 */
export function readHeader(req: RequestHeaders, name: string): string | undefined {
  const lines = listHeaderLines(req, name);
  return lines.length === 0 ? undefined : lines.join(', ');
}
