import type { IncomingMessage } from 'node:http';
import { parseMediaType } from './media-type.js';

/** Whether a body is declared as a merge patch (RFC 7396): objects in it change the members that they name, and keep the others. */
export function isMergePatch({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return parseMediaType(headers['content-type'] ?? '')?.name === 'application/merge-patch+json';
}
