import type { IncomingMessage } from 'node:http';
import { ApiKeysError } from '../errors.js';
import { readBodyPresence, type BodyPresence } from '../http/body-presence.js';
import { readRawBody } from '../http/read-raw-body.js';
import type { RequestSource } from '../http/request-source.js';
import type { RequestBody, VerifyRequestOptions } from '../http/verify-request-options.js';

type BodyOption = VerifyRequestOptions<string, string>['body'];

/** The part of a reader of a stream that is used. */
interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** A `Request` of fetch, as far as its body goes. */
interface FetchRequest {
  readonly body: unknown;
  readonly bodyUsed: boolean;
  clone(): { readonly body: { getReader(): BodyReader } | null };
}

/**
 * Says where the body of a request is: what the app has given, the stream of Node, or that of fetch. Nothing is read before a
 * signature needs it.
 *
 * @param headers - by names in lower case
 */
export function findBody(
  request: object,
  headers: IncomingMessage['headers'],
  given: BodyOption,
): Pick<RequestSource, 'bodyPresence' | 'readBody'> {
  if (given !== undefined) return readGiven(given);
  if (isNodeStream(request)) {
    return {
      bodyPresence: () => readBodyPresence(request),
      readBody: (maxBytes) => readRawBody(request, maxBytes),
    };
  }
  if (isFetchRequest(request)) {
    return {
      bodyPresence: () => (request.body === null ? 'none' : 'unknown'),
      readBody: (maxBytes) => readFetchBody(request, maxBytes),
    };
  }
  return { bodyPresence: () => readAnnouncedPresence(request, headers), readBody: refuseMissingBody };
}

function readGiven(given: Exclude<BodyOption, undefined>): Pick<RequestSource, 'bodyPresence' | 'readBody'> {
  if (typeof given !== 'function') {
    const bytes = toBytes(given);
    return {
      bodyPresence: () => (bytes.length > 0 ? 'some' : 'none'),
      readBody: async (maxBytes) => limitLength(bytes, maxBytes),
    };
  }
  return {
    bodyPresence: () => 'unknown',
    readBody: async (maxBytes) => limitLength(toBytes(await given()), maxBytes),
  };
}

function toBytes(body: RequestBody): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function limitLength(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length <= maxBytes) return bytes;
  throw createTooLargeError(maxBytes);
}

function createTooLargeError(maxBytes: number): ApiKeysError {
  return new ApiKeysError('payload_too_large', { detail: `Send a body of at most ${maxBytes} bytes.` });
}

function isNodeStream(request: object): request is IncomingMessage {
  return 'read' in request && typeof request.read === 'function' && 'rawHeaders' in request;
}

function isFetchRequest(request: object): request is FetchRequest {
  return 'clone' in request && typeof request.clone === 'function' && 'bodyUsed' in request;
}

async function readFetchBody(request: FetchRequest, maxBytes: number): Promise<Uint8Array> {
  if (request.bodyUsed) return refuseMissingBody();
  const reader = request.clone().body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.length;
    if (length > maxBytes) {
      // It settles only when the app has read or cancelled the body as well.
      reader?.cancel().catch(() => undefined);
      throw createTooLargeError(maxBytes);
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks);
}

/** Over HTTP/2 neither header has to be there. What GET and HEAD bring along has no meaning (RFC 9110 section 9.3.1). */
function readAnnouncedPresence(request: object, headers: IncomingMessage['headers']): BodyPresence {
  if (headers['transfer-encoding'] !== undefined) return 'some';
  const length = headers['content-length'];
  if (length !== undefined) return Number(length) === 0 ? 'none' : 'some';
  const method: unknown = Reflect.get(request, 'method');
  return method === 'GET' || method === 'HEAD' ? 'none' : 'unknown';
}

function refuseMissingBody(): Promise<never> {
  return Promise.reject(
    new ApiKeysError('unavailable', {
      cause: new Error(
        'keys.verifyRequest: the body of a signed request was read before, or is not part of what was passed. Pass its bytes, as in ' +
          '{ body: rawBody }, or verify before the body is read.',
      ),
    }),
  );
}
