import type { IncomingMessage } from 'node:http';
import { maySecretBeIn } from '../domain/secret-like.js';

const requestIdPattern = /^[\w.:-]{1,128}$/;

/**
 * The id in `X-Request-Id`, by which entries of the trail and lines of other logs are brought together; `null` when there
 * is none, it is longer or odder than an id, or it may be a secret that was put there by mistake: a UUID is kept, any other
 * 20 characters in a row are not.
 */
export function readRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string | null {
  const id = headers['x-request-id'];
  return typeof id === 'string' && requestIdPattern.test(id) && !maySecretBeIn(id) ? id : null;
}
