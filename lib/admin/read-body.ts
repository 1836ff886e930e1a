import type { Request } from 'express';
import { listRefusedNames } from '../domain/list-unknown-names.js';
import { ApiKeysError, isProblem } from '../errors.js';
import { readBodyPresence } from '../http/body-presence.js';
import { isBodyTaken } from '../http/is-body-taken.js';
import { hasDuplicateNames } from '../http/duplicate-names.js';
import { findJsonShapeProblem } from '../http/json-shape-problem.js';
import { isMergePatch } from '../http/merge-patch.js';
import { readDecodedBody } from '../http/read-decoded-body.js';

/** Maximum size of a body in bytes, after decompression. */
export const maxBodyBytes: number = 64 * 1024;

/**
 * Reads the JSON object in a request. No body counts as an empty object. If the app has already read the body, the value of
 * `req.body` (parsed, string or bytes) is subject to the same limits.
 *
 * @throws ApiKeysError `invalid_request`, `payload_too_large` or `unsupported_media_type`
 */
export async function readBody(req: Request): Promise<Readonly<Record<string, unknown>>> {
  if (readBodyPresence(req) === 'none') return {};
  const value = await readSentBody(req);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw toBodyError('must be a JSON object');
  }
  const problem = findJsonShapeProblem(value);
  if (problem !== null) throw toBodyError(problem);
  if (isMergePatch(req)) refuseNestedObjects(value);
  if (Buffer.byteLength(JSON.stringify(value)) > maxBodyBytes) throw new ApiKeysError('payload_too_large');
  return value as Record<string, unknown>;
}

/**
 * A merge patch merges objects into objects, at every depth. Fields are replaced as a whole here, so that members of `metadata`
 * that a merge patch keeps would be lost.
 */
function refuseNestedObjects(value: object): void {
  const nested = Object.entries(value)
    .filter(([, member]) => typeof member === 'object' && member !== null && !Array.isArray(member))
    .map(([field]) => field);
  if (nested.length === 0) return;
  const refused = listRefusedNames(nested, {
    describe: () => 'is replaced as a whole, not merged: send it as application/json',
    describeOthers: (count) =>
      `contains objects (${count}) that are replaced as a whole, not merged: send the body as application/json`,
  });
  const errors = refused.map(({ name, message }) => ({ field: name ?? 'body', message }));
  throw new ApiKeysError('invalid_request', { errors });
}

/** Returns the body as sent, or as parsed by the app. */
async function readSentBody(req: Request): Promise<unknown> {
  if (isBodyTaken(req) && req.body !== undefined) return toBody(req.body);
  const bytes = await readBytes(req);
  if (bytes === null) {
    // Treating it as an empty body would turn a rotation with a grace period into one without.
    throw new Error('The app has read the body of the request and left nothing on req.body.');
  }
  // Over HTTP/2, it was unknown until now whether there is a body, which needs a Content-Type.
  if (bytes.length > 0 && req.headers['content-type'] === undefined) {
    throw new ApiKeysError('unsupported_media_type');
  }
  return toBody(bytes);
}

async function readBytes(req: Request): Promise<Uint8Array | null> {
  try {
    return await readDecodedBody(req, maxBodyBytes);
  } catch (error) {
    if (isProblem(error, 'payload_too_large')) throw new ApiKeysError('payload_too_large');
    if (isProblem(error, 'invalid_request'))
      throw toBodyError('must be complete and encoded as declared in its headers');
    throw error;
  }
}

function toBody(body: unknown): unknown {
  if (body instanceof Uint8Array) return parseLimited(decodeText(body));
  return typeof body === 'string' ? parseLimited(body) : body;
}

/** A leading byte order mark is skipped, as RFC 8259 section 8.1 permits. */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw toBodyError('must be UTF-8');
  }
}

function parseLimited(text: string): unknown {
  if (Buffer.byteLength(text) > maxBodyBytes) throw new ApiKeysError('payload_too_large');
  if (text.trim() === '') return {};
  const value = parseJson(text);
  if (hasDuplicateNames(text)) throw toBodyError('must not name a member twice');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw toBodyError('must be valid JSON');
  }
}

function toBodyError(message: string): ApiKeysError {
  return new ApiKeysError('invalid_request', { errors: [{ field: 'body', message }] });
}
