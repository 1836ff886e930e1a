import { hasRawLines, listHeaderLines, type RequestHeaders } from './header-lines.js';

/**
 * All header lines of a request, names and values alternating as in Node's `rawHeaders`, by the rule of `listHeaderLines`. The
 * raw list itself where the app has changed nothing.
 */
export function listAllHeaderLines(req: RequestHeaders): readonly string[] {
  const { headers, rawHeaders = [] } = req;
  if (!hasRawLines(req)) return listLines(req);
  return isUnchanged(headers, rawHeaders)
    ? rawHeaders
    : listLines({ headers, headersDistinct: groupLines(rawHeaders) });
}

function listLines(req: RequestHeaders): readonly string[] {
  return Object.keys(req.headers).flatMap((name) =>
    listHeaderLines(req, name).flatMap((line) => [name, line]),
  );
}

function groupLines(rawHeaders: readonly string[]): Record<string, string[]> {
  const groups = new Map<string, string[]>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [value]);
    else group.push(value);
  }
  return Object.fromEntries(groups);
}

/** Whether each line is in `headers` as it was sent, and nothing else is. A repeated header is taken for a changed one. */
function isUnchanged(headers: RequestHeaders['headers'], rawHeaders: readonly string[]): boolean {
  const names = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value: unknown = rawHeaders[index + 1];
    if (typeof value !== 'string' || headers[name] !== value || names.has(name)) return false;
    names.add(name);
  }
  return Object.keys(headers).length === names.size;
}
