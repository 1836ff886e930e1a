import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';

const jsonInUtf8 = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-?8|"utf-?8")[ \t]*)?$/i;

/**
 * A body is JSON in UTF-8 and says so, whoever parsed it. A form can send `text/plain` and urlencoded bodies to another
 * site without asking; JSON it cannot.
 *
 * @throws ApiKeysError `unsupported_media_type`
 */
export function requireJson(req: Request): void {
  const type = req.headers['content-type'];
  if (type === undefined && !hasBody(req)) return;
  if (type === undefined || !jsonInUtf8.test(type)) throw new ApiKeysError('unsupported_media_type');
}

/** Whether the message has a body (RFC 9112 section 6.3); one of length 0 is none. */
export function hasBody(req: Request): boolean {
  if (req.headers['transfer-encoding'] !== undefined) return true;
  return Number(req.headers['content-length'] ?? 0) > 0;
}
