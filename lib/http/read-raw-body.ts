import type { IncomingMessage } from 'node:http';
import { ApiKeysError } from '../errors.js';
import { isBodyComplete } from './body-presence.js';
import { hasRawLines } from './header-lines.js';
import { isBodyTaken } from './is-body-taken.js';
import { isStreamReset } from './is-stream-reset.js';
import { getRawBody, setRawBody } from './keep-raw-body.js';
import { isWholeBodyKept } from './kept-whole-body.js';
import { getRequestSource } from './request-source.js';

/** Tells the operator how the bytes of bodies are kept. */
class BodyNotKeptError extends Error {
  override readonly name = 'BodyNotKeptError';

  constructor() {
    super(
      'A parser has read the body of a signed request before the guard. Give it keepRawBody, as in ' +
        'express.json({ verify: keepRawBody }), or place the guard before the parser. In NestJS, create the app with ' +
        '{ rawBody: true }.',
    );
  }
}

/**
 * Returns the bytes of a body as sent. A body that was not read yet is read, and put back for later parsers.
 *
 * @throws ApiKeysError `payload_too_large`; `unsupported_media_type` when only the decoded body was kept;
 * `unavailable` when a parser took it and kept nothing, which only the operator can change; `invalid_request` when it ends early
 */
export async function readRawBody(req: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const source = getRequestSource(req);
  if (source !== null) return source.readBody(maxBytes);
  const kept = getRawBody(req);
  if (kept !== null) {
    if (kept.isAsSent) return kept.bytes;
    throw new ApiKeysError('unsupported_media_type', { detail: 'Send the body without Content-Encoding.' });
  }
  if (isBodyTaken(req)) {
    throw new ApiKeysError('unavailable', { cause: new BodyNotKeptError() });
  }
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw createTooLargeError(maxBytes);
  const bytes = await readAndPutBack(req, maxBytes);
  setRawBody(req, { bytes, isAsSent: true });
  return bytes;
}

function createTooLargeError(maxBytes: number): ApiKeysError {
  return new ApiKeysError('payload_too_large', { detail: `Send a body of at most ${maxBytes} bytes.` });
}

function createEndedEarlyError(): ApiKeysError {
  return new ApiKeysError('invalid_request', { detail: 'The body ended early.' });
}

/** What was read can be put back until the stream has emitted `end`, which it does shortly after the last read. */
function readAndPutBack(req: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  if (isStreamReset(req)) return Promise.reject(createEndedEarlyError());
  // Adapters declare a request complete whose body comes with the first read.
  const isHeldBack = !hasRawLines(req) || Number(req.headers['content-length'] ?? 0) > 0;
  const isEmpty = (): boolean => !isHeldBack && isBodyComplete(req) && req.readableLength === 0;
  // Even a listener would make it emit `end`, and some parsers fail on a stream that has ended.
  if (isEmpty()) return Promise.resolve(new Uint8Array());
  // The caller went away meanwhile: none of the events below comes again, even if all of the body had come in.
  if (req.destroyed) return Promise.reject(createEndedEarlyError());
  // By `holdBody`.
  const isHeld = req.readableFlowing === false && req.listenerCount('readable') === 0;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;

    function settle(): void {
      req.off('readable', onReadable);
      req.off('end', onEnd);
      req.off('close', onClose);
      req.off('error', onClose);
    }
    function onReadable(): void {
      if (isStreamReset(req)) return onClose();
      if (chunks.length === 0 && isEmpty()) {
        settle();
        resolve(new Uint8Array());
        return;
      }
      for (let chunk = read(); chunk !== null; chunk = read()) {
        chunks.push(chunk);
        length += chunk.length;
      }
      if (length > maxBytes) {
        settle();
        if (isWholeBodyKept(req)) return giveBack(() => reject(createTooLargeError(maxBytes)));
        // The rest is discarded, so that the connection can be reused.
        req.resume();
        reject(createTooLargeError(maxBytes));
      } else if (isBodyComplete(req)) {
        settle();
        giveBack(resolve);
      }
    }
    function giveBack(done: (bytes: Uint8Array) => void): void {
      const bytes = Buffer.concat(chunks);
      if (length > 0) req.unshift(bytes);
      if (isHeld) holdAgain(() => done(bytes));
      else done(bytes);
    }
    /** Removing the last listener for `readable` lets it flow, in the next tick. */
    function holdAgain(done: () => void): void {
      process.nextTick(() => {
        req.pause();
        done();
      });
    }
    function read(): Buffer | null {
      return req.read() as Buffer | null;
    }
    /** The body was empty, so there is nothing to put back. */
    function onEnd(): void {
      if (isStreamReset(req)) return onClose();
      settle();
      resolve(Buffer.concat(chunks));
    }
    function onClose(): void {
      settle();
      reject(createEndedEarlyError());
    }
    req.on('readable', onReadable);
    req.on('end', onEnd);
    req.on('close', onClose);
    req.on('error', onClose);
  });
}
