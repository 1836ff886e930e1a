import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';
import { readBodyPresence } from './body-presence.js';

const jsonInUtf8 = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-?8|"utf-?8")[ \t]*)?$/i;

/**
 * Requires that a body is declared as JSON in UTF-8, even if the app has already parsed it. A form can send `text/plain`
 * and urlencoded bodies to another site without a preflight, but not JSON. If only reading reveals whether there is a body,
 * the reader calls this again.
 *
 * @throws ApiKeysError `unsupported_media_type`
 */
export function requireJson(req: Request): void {
  const type = req.headers['content-type'];
  if (type === undefined && readBodyPresence(req) !== 'some') return;
  if (type === undefined || !jsonInUtf8.test(type)) throw new ApiKeysError('unsupported_media_type');
}
