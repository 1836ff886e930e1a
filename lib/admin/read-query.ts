import { ApiKeysError, type FieldProblem } from '../errors.js';

/** Maximum length of a query, in characters as sent. */
export const maxQueryLength = 4096;
const maxParameters = 20;

/**
 * Parses the query from the request target itself, so that the app's `query parser` has no effect here: a parameter is one
 * name and one string. Brackets are ordinary characters of a name. Repeated, malformed or excess parameters are rejected,
 * because they are ambiguous.
 *
 * @throws ApiKeysError `invalid_request`
 */
export function readQuery(target: string): Readonly<Record<string, string>> {
  const begin = target.indexOf('?');
  const text = begin === -1 ? '' : target.slice(begin + 1);
  if (text.length > maxQueryLength) refuse(`must have at most ${maxQueryLength} characters`);
  const pieces = text.split('&', maxParameters + 1);
  if (pieces.length > maxParameters) refuse(`must have at most ${maxParameters} parameters`);
  // Without a prototype, `__proto__` and `constructor` are names like any other.
  const query = Object.create(null) as Record<string, string>;
  for (const piece of pieces.filter((candidate) => candidate !== '')) {
    const [name, value] = splitParameter(piece);
    if (name in query) refuse('must name each parameter once');
    query[name] = value;
  }
  return query;
}

function splitParameter(piece: string): [name: string, value: string] {
  const equals = piece.indexOf('=');
  const name = decodeText(equals === -1 ? piece : piece.slice(0, equals));
  const value = equals === -1 ? '' : decodeText(piece.slice(equals + 1));
  if (name.includes('\0') || value.includes('\0')) refuse('must not contain NUL');
  return [name, value];
}

/** URLSearchParams would silently replace anything that is not percent-encoded UTF-8. */
function decodeText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return refuse('must be percent-encoded UTF-8');
  }
}

function refuse(message: string): never {
  const problem: FieldProblem = { field: '?', message };
  throw new ApiKeysError('invalid_request', { errors: [problem] });
}
