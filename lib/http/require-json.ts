import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';
import { readBodyPresence } from './body-presence.js';

const jsonInUtf8 = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-?8|"utf-?8")[ \t]*)?$/i;

/**
 * A body is JSON in UTF-8 and says so, whoever parsed it. A form can send `text/plain` and urlencoded bodies to another
 * site without asking; JSON it cannot. Where only reading tells whether there is a body, the reader calls this again.
 *
 * @throws ApiKeysError `unsupported_media_type`
 */
export function requireJson(req: Request): void {
  const type = req.headers['content-type'];
  if (type === undefined && readBodyPresence(req) !== 'some') return;
  if (type === undefined || !jsonInUtf8.test(type)) throw new ApiKeysError('unsupported_media_type');
}
