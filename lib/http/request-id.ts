import type { IncomingMessage } from 'node:http';

const requestIdPattern = /^[\w.:-]{1,128}$/;
/** Longer than in any id (UUID, ULID, trace id, SHA-1), and in every token: what was put there by mistake is not kept. */
const tokenLike = /[A-Za-z0-9]{41}/;

/**
 * The id in `X-Request-Id`, by which entries of the trail and lines of other logs are brought together; `null` when there
 * is none, or it is longer or odder than an id.
 */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string | null {
  const id = headers['x-request-id'];
  return typeof id === 'string' && requestIdPattern.test(id) && !tokenLike.test(id) ? id : null;
}
