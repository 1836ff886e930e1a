import express, { type Request, type RequestHandler, type Response } from 'express';
import { ApiKeysError } from '../errors.js';
import { TokenError } from '../tokens/token-error.js';

/** Largest body, counted after decompression. */
const maxBodyBytes = 64 * 1024;
const formType = /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset=(?:utf-?8|"utf-?8")[ \t]*)?$/i;

/** The parameters of a request that have a value. */
export type Form = ReadonlyMap<string, string>;

/**
 * Reads the form in a request (RFC 6749 section 3.2). A body that the app has read before is taken as it left it.
 * Parameters without a value count as left out, as that section demands; twice is still twice.
 *
 * @throws TokenError `invalid_request` when it is no form, or names a parameter twice; ApiKeysError `payload_too_large`
 */
export async function readForm(req: Request, res: Response): Promise<Form> {
  if (!formType.test(req.headers['content-type'] ?? '')) {
    throw new TokenError('invalid_request', 'Send the parameters as application/x-www-form-urlencoded.');
  }
  if (!req.readableDidRead && !req.readableEnded) await readBytes(req, res);
  const body: unknown = req.body;
  const form = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of entriesOf(body)) {
    if (typeof value !== 'string' || seen.has(name)) throw repeated();
    seen.add(name);
    if (value !== '') form.set(name, value);
  }
  return form;
}

function entriesOf(body: unknown): Iterable<readonly [string, unknown]> {
  if (Buffer.isBuffer(body)) return new URLSearchParams(body.toString());
  if (typeof body === 'string') return new URLSearchParams(body);
  if (typeof body === 'object' && body !== null) return Object.entries(body);
  throw new Error('The app has read the body of the request and left nothing on req.body.');
}

function repeated(): TokenError {
  return new TokenError('invalid_request', 'Send each parameter once.');
}

const readIntoBuffer: RequestHandler = express.raw({ type: () => true, limit: maxBodyBytes });

function readBytes(req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    readIntoBuffer(req, res, (error?: unknown) => {
      if (error !== undefined) reject(readingProblem(error));
      else {
        // Express leaves nothing there when the request has no body.
        if (!Buffer.isBuffer(req.body)) req.body = Buffer.alloc(0);
        resolve();
      }
    });
  });
}

/** Express' reader marks its errors with a status; their messages can repeat what was sent. */
function readingProblem(error: unknown): unknown {
  const status = error instanceof Error && 'status' in error ? error.status : 500;
  if (status === 413) return new ApiKeysError('payload_too_large');
  if (status === 400 || status === 415) {
    return new TokenError('invalid_request', 'Send the body complete and encoded as its headers say.');
  }
  return error;
}
