import type { IncomingMessage } from 'node:http';
import { maySecretBeIn, maySecretBeSplitIn } from '../domain/secret-like.js';

const requestIdPattern = /^[\w.:-]{1,128}$/;

/**
 * Reads the id in `X-Request-Id`, which correlates entries of the audit log with lines of other logs; `null` if there is
 * none, if it is too long or contains characters that are unusual in an id, or if it may be a secret that was put there by
 * mistake: a UUID is accepted, other long runs of characters that may be a secret are not.
 */
export function readRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string | null {
  const id = headers['x-request-id'];
  return typeof id === 'string' ? toRecordableId(id) : null;
}

/** The id itself, or `null` for what is not recorded, see {@link readRequestId}. */
export function toRecordableId(id: string): string | null {
  return requestIdPattern.test(id) && !maySecretBeIn(id) && !maySecretBeSplitIn(id) ? id : null;
}
