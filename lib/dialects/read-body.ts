import type { Request } from 'express';
import { readBodyPresence } from '../http/body-presence.js';
import { isBodyTaken } from '../http/is-body-taken.js';
import { ApiKeysError, isProblem } from '../errors.js';
import { getRawBody } from '../http/keep-raw-body.js';
import { readContentEncoding } from '../http/read-content-encoding.js';
import { readRawBody } from '../http/read-raw-body.js';
import { BodyError } from './body-error.js';
import { toJsonRecord, parseJsonObject, type JsonRecord } from './parse-json-object.js';
import { parseParameters } from './parse-parameters.js';
import { maxRequestBytes, createTooLargeError } from './request-limit.js';

/** The bodies that a dialect accepts besides a JSON object. */
export interface BodyOptions {
  /** Whether JSON may have a comma before a closing bracket; default false. */
  readonly tolerantJson?: boolean;
  /** Whether a form with the content type of a form is accepted; default false. */
  readonly form?: boolean;
}

const formType = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i;

/**
 * Reads the body, whatever its content type and whatever parsers the app has run before. Bytes take precedence over the result
 * of a parser, because a form parser breaks JSON that is labelled as a form.
 *
 * @returns `null` when there is no body, or an empty one
 * @throws BodyError; ApiKeysError `payload_too_large` or `unsupported_media_type`
 */
export async function readBody(req: Request, options: BodyOptions = {}): Promise<JsonRecord | null> {
  if (readBodyPresence(req) === 'none') return null;
  const { 'content-type': type = '' } = req.headers;
  if (readContentEncoding(req) !== 'identity') {
    throw new ApiKeysError('unsupported_media_type', { detail: 'Send the body without Content-Encoding.' });
  }
  const isForm = formType.test(type);
  const body = await readSentBody(req);
  if (typeof body === 'string') return parseText(body, isForm, options);
  if (Buffer.byteLength(JSON.stringify(body)) > maxRequestBytes) throw createTooLargeError('body');
  if (!isForm) return toJsonRecord(body);
  const json = recoverJsonFromForm(body);
  if (json !== null) return parseText(json, isForm, options);
  if (options.form !== true) throw new BodyError('not_json', 'must be valid JSON');
  return toJsonRecord(body);
}

/** The body as a string, or as a parser of the app left it. */
async function readSentBody(req: Request): Promise<string | object> {
  if (getRawBody(req) !== null || !isBodyTaken(req)) {
    return decodeText(await readBytes(req));
  }
  const left: unknown = req.body;
  if (left instanceof Uint8Array) return decodeText(left);
  if (typeof left === 'string') return left;
  if (left === undefined) {
    throw new Error('The app has read the body of the request and left nothing on req.body.');
  }
  return typeof left === 'object' && left !== null ? left : JSON.stringify(left);
}

async function readBytes(req: Request): Promise<Uint8Array> {
  try {
    return await readRawBody(req, maxRequestBytes);
  } catch (error) {
    if (isProblem(error, 'payload_too_large')) throw createTooLargeError('body');
    if (isProblem(error, 'invalid_request')) throw new BodyError('incomplete', 'must be complete');
    throw error;
  }
}

/** A byte order mark at the beginning is skipped, as RFC 8259 section 8.1 permits. */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BodyError('not_utf8', 'must be UTF-8');
  }
}

function parseText(text: string, isForm: boolean, { tolerantJson, form }: BodyOptions): JsonRecord | null {
  if (Buffer.byteLength(text) > maxRequestBytes) throw createTooLargeError('body');
  if (text.trim() === '') return null;
  const isJson = /^[ \t\r\n]*[{[]/.test(text);
  if (isForm && form === true && !isJson) return parseParameters(text, 'body');
  return parseJsonObject(text, tolerantJson === true);
}

/**
 * Recovers JSON that a form parser took for the name of a field without a value; `null` when the body was a form.
 *
 * @throws BodyError when the parser has broken it, so that the original cannot be recovered
 */
function recoverJsonFromForm(fields: object): string | null {
  const [[name, value] = ['', ''], ...more] = Object.entries(fields) as [string, unknown][];
  if (!/^[ \t\r\n]*[{[]/.test(name)) return null;
  if (more.length === 0 && value === '') return name;
  throw new BodyError('not_json', 'is JSON and was read as a form: send it as application/json');
}
