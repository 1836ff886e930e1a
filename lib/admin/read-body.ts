import type { Request } from 'express';
import { ApiKeysError, isProblem } from '../errors.js';
import { readBodyPresence } from '../http/body-presence.js';
import { hasDuplicateNames } from '../http/duplicate-names.js';
import { findJsonShapeProblem } from '../http/json-shape-problem.js';
import { readDecodedBody } from '../http/read-decoded-body.js';

/** Largest body, counted after decompression. */
export const maxBodyBytes: number = 64 * 1024;

/**
 * Reads the JSON object in a request. No body is an empty object. When the app has read the body before, what it left
 * on `req.body` (parsed, text or bytes) is held to the same limits.
 *
 * @throws ApiKeysError `invalid_request`, `payload_too_large` or `unsupported_media_type`
 */
export async function readBody(req: Request): Promise<Readonly<Record<string, unknown>>> {
  if (readBodyPresence(req) === 'none') return {};
  const value = await sentBody(req);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badBody('must be a JSON object');
  }
  const problem = findJsonShapeProblem(value);
  if (problem !== null) throw badBody(problem);
  if (Buffer.byteLength(JSON.stringify(value)) > maxBodyBytes) throw new ApiKeysError('payload_too_large');
  return value as Record<string, unknown>;
}

/** What was sent, or what a parser of the app has made of it. */
async function sentBody(req: Request): Promise<unknown> {
  if ((req.readableDidRead || req.readableEnded) && req.body !== undefined) return bodyOf(req.body);
  const bytes = await bytesOf(req);
  if (bytes === null) {
    // To take it for an empty body would turn a rotation with a grace period into one without.
    throw new Error('The app has read the body of the request and left nothing on req.body.');
  }
  // Over HTTP/2 it was not known before whether there is a body that has to say what it is.
  if (bytes.length > 0 && req.headers['content-type'] === undefined) {
    throw new ApiKeysError('unsupported_media_type');
  }
  return bodyOf(bytes);
}

async function bytesOf(req: Request): Promise<Uint8Array | null> {
  try {
    return await readDecodedBody(req, maxBodyBytes);
  } catch (error) {
    if (isProblem(error, 'payload_too_large')) throw new ApiKeysError('payload_too_large');
    if (isProblem(error, 'invalid_request')) throw badBody('must be complete and encoded as its headers say');
    throw error;
  }
}

function bodyOf(body: unknown): unknown {
  if (body instanceof Uint8Array) return parsed(textOf(body));
  return typeof body === 'string' ? parsed(body) : body;
}

/** A byte order mark at the beginning is skipped, as RFC 8259 section 8.1 permits. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badBody('must be UTF-8');
  }
}

function parsed(text: string): unknown {
  if (Buffer.byteLength(text) > maxBodyBytes) throw new ApiKeysError('payload_too_large');
  if (text.trim() === '') return {};
  const value = parsedJson(text);
  if (hasDuplicateNames(text)) throw badBody('must not name a member twice');
  return value;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badBody('must be valid JSON');
  }
}

function badBody(message: string): ApiKeysError {
  return new ApiKeysError('invalid_request', { errors: [{ field: 'body', message }] });
}
