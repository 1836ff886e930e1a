import type { Request } from 'express';
import { isProblem } from '../errors.js';
import { isBodyTaken } from '../http/is-body-taken.js';
import { parseMediaType } from '../http/media-type.js';
import { readDecodedBody } from '../http/read-decoded-body.js';
import { TokenError } from '../tokens/token-error.js';

/** Maximum size of a body, in bytes after decompression. */
const maxBodyBytes = 64 * 1024;
/** Maximum number of parameters; no endpoint has that many. */
const maxParameters = 100;

/** The parameters of a request; those without a value are absent. */
export type Form = ReadonlyMap<string, string>;

/**
 * Reads the form in a request (RFC 6749 section 3.2). A body that the app has parsed is used as it is. Parameters without a
 * value are treated as omitted, as that section requires, but still count as repeated.
 *
 * @throws TokenError `invalid_request` when it is not a form, or repeats a parameter; ApiKeysError `payload_too_large`
 */
export async function readForm(req: Request): Promise<Form> {
  const type = parseMediaType(req.headers['content-type'] ?? '');
  if (type?.name !== 'application/x-www-form-urlencoded' || !type.isUtf8) {
    throw new TokenError('invalid_request', 'Send the parameters as application/x-www-form-urlencoded.');
  }
  const form = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of listEntries(await readSentBody(req))) {
    if (seen.size >= maxParameters) throw createTooManyError();
    if (typeof value !== 'string' || seen.has(name)) throw createRepeatedError();
    seen.add(name);
    if (value !== '') form.set(name, value);
  }
  return form;
}

/** The body as the app's parser left it, or its bytes. */
async function readSentBody(req: Request): Promise<unknown> {
  if (isBodyTaken(req) && req.body !== undefined) return req.body;
  try {
    return await readDecodedBody(req, maxBodyBytes);
  } catch (error) {
    if (isProblem(error, 'invalid_request') || isProblem(error, 'unsupported_media_type')) {
      throw new TokenError('invalid_request', 'Send a complete body, encoded as its headers declare.');
    }
    throw error;
  }
}

function listEntries(body: unknown): Iterable<readonly [string, unknown]> {
  if (body instanceof Uint8Array) return parseParameters(Buffer.from(body).toString());
  if (typeof body === 'string') return parseParameters(body);
  if (typeof body === 'object' && body !== null) return Object.entries(body);
  throw new Error('The app has read the body of the request and left nothing on req.body.');
}

function parseParameters(text: string): URLSearchParams {
  // Counted before decoding.
  if (text.split('&', maxParameters + 1).length > maxParameters) throw createTooManyError();
  return new URLSearchParams(text);
}

function createTooManyError(): TokenError {
  return new TokenError('invalid_request', `Send at most ${maxParameters} parameters.`);
}

function createRepeatedError(): TokenError {
  return new TokenError('invalid_request', 'Send each parameter once.');
}
