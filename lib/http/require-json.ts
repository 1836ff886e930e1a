import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';
import { readBodyPresence } from './body-presence.js';
import { parseMediaType } from './media-type.js';
import { isMergePatch } from './merge-patch.js';

/**
 * Requires that a body is declared as JSON in UTF-8, even if the app has already parsed it; with `PATCH` also as a merge patch
 * (RFC 7396). Other parameters mean nothing for JSON (RFC 8259 section 11) and are ignored. A form can send `text/plain` and
 * urlencoded bodies to another site without a preflight, but not JSON. If only reading reveals whether there is a body, the
 * reader calls this again.
 *
 * @throws ApiKeysError `unsupported_media_type`
 */
export function requireJson(req: Request): void {
  const type = req.headers['content-type'];
  if (type === undefined && readBodyPresence(req) !== 'some') return;
  const parsed = parseMediaType(type ?? '');
  const isJson = parsed?.name === 'application/json' || (req.method === 'PATCH' && isMergePatch(req));
  if (!isJson || parsed?.isUtf8 !== true) throw new ApiKeysError('unsupported_media_type');
}
