import express, { type Request, type RequestHandler, type Response } from 'express';
import { ApiKeysError } from '../errors.js';
import { hasDuplicateNames } from '../http/duplicate-names.js';
import { jsonShapeProblem } from '../http/json-shape-problem.js';
import { hasBody } from '../http/require-json.js';

/** Largest body, counted after decompression. */
export const maxBodyBytes: number = 64 * 1024;

/**
 * Reads the JSON object in a request. No body is an empty object. When the app has read the body before, what it left
 * on `req.body` (parsed, text or bytes) is held to the same limits.
 *
 * @throws ApiKeysError `invalid_request`, `payload_too_large` or `unsupported_media_type`
 */
export async function readBody(req: Request, res: Response): Promise<Readonly<Record<string, unknown>>> {
  if (!hasBody(req)) return {};
  if (!wasReadBefore(req)) await readBytes(req, res);
  const value = bodyOf(req);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badBody('must be a JSON object');
  }
  const problem = jsonShapeProblem(value);
  if (problem !== null) throw badBody(problem);
  if (Buffer.byteLength(JSON.stringify(value)) > maxBodyBytes) throw new ApiKeysError('payload_too_large');
  return value as Record<string, unknown>;
}

function wasReadBefore(req: Request): boolean {
  return req.readableDidRead || req.readableEnded;
}

/** Express' own reader: it inflates, counts what comes out and notices bodies that end early. */
const readIntoBuffer: RequestHandler = express.raw({ type: () => true, limit: maxBodyBytes });

function readBytes(req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    readIntoBuffer(req, res, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(readingProblem(error));
    });
  });
}

/** Express' reader marks its errors with a status; their messages can repeat what was sent. */
function readingProblem(error: unknown): unknown {
  const status = error instanceof Error && 'status' in error ? error.status : 500;
  if (status === 413) return new ApiKeysError('payload_too_large');
  if (status === 415) return new ApiKeysError('unsupported_media_type');
  if (status === 400) return badBody('must be complete and encoded as its headers say');
  return error;
}

function bodyOf(req: Request): unknown {
  const body: unknown = req.body;
  if (Buffer.isBuffer(body)) return parsed(textOf(body));
  if (typeof body === 'string') return parsed(body);
  if (body === undefined) {
    // To take it for an empty body would turn a rotation with a grace period into one without.
    throw new Error('The app has read the body of the request and left nothing on req.body.');
  }
  return body;
}

/** A byte order mark at the beginning is skipped, as RFC 8259 section 8.1 permits. */
function textOf(bytes: Buffer): string {
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
