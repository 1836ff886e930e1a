import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';
import { ApiKeysError } from '../errors.js';
import { isBodyTaken } from './is-body-taken.js';
import { getRawBody } from './keep-raw-body.js';
import { readContentEncoding } from './read-content-encoding.js';
import { readRawBody } from './read-raw-body.js';

type Decode = (bytes: Uint8Array, options: ZlibOptions) => Promise<Uint8Array>;

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', promisify<Uint8Array, ZlibOptions, Buffer>(gunzip)],
  ['deflate', promisify<Uint8Array, ZlibOptions, Buffer>(inflate)],
  ['br', promisify<Uint8Array, ZlibOptions, Buffer>(brotliDecompress)],
]);

/**
 * Reads a body and decodes its `Content-Encoding`. Express' own readers ignore bodies that HTTP/2 sends without a length.
 *
 * @param maxBytes - the maximum size, both as sent and after decoding
 * @returns `null` if a parser has already read the body and kept no raw bytes: its result is on `req.body`
 * @throws ApiKeysError `payload_too_large`, `unsupported_media_type`, or `invalid_request` for one that is not complete or
 * not encoded as its headers say
 */
export async function readDecodedBody(req: IncomingMessage, maxBytes: number): Promise<Uint8Array | null> {
  const kept = getRawBody(req);
  if (kept === null && isBodyTaken(req)) return null;
  if (kept?.isAsSent === false) return kept.bytes;
  const encoding = readContentEncoding(req);
  const decode = decoders.get(encoding);
  if (decode === undefined && encoding !== 'identity') {
    throw new ApiKeysError('unsupported_media_type');
  }
  const bytes = await readRawBody(req, maxBytes);
  if (decode === undefined || bytes.length === 0) return bytes;
  try {
    return await decode(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new ApiKeysError('payload_too_large');
    throw new ApiKeysError('invalid_request', { detail: 'Send the body encoded as its headers say.' });
  }
}
