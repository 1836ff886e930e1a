import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { LinesAnswer } from './endpoint.js';

/** Approximate size of the chunks that lines are written in, in characters. */
const pieceLength = 16 * 1024;

/**
 * Streams a response of many lines with backpressure. An error before the first line is thrown, so that it can be answered;
 * an error after it closes the connection, so that a truncated response does not look like a complete one.
 */
export async function sendLines(req: Request, res: Response, { status, lines }: LinesAnswer): Promise<void> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  res.setHeader('Content-Type', 'application/jsonl; charset=utf-8');
  res.statusCode = status;
  if (req.method === 'HEAD' || first.done === true) {
    await iterator.return?.();
    res.end();
    return;
  }
  try {
    await pipeline(Readable.from(joinLines(first.value, iterator), { objectMode: false }), res);
  } catch (error) {
    if (!isAborted(error)) throw error;
  }
}

async function* joinLines(first: string, more: AsyncIterator<string>): AsyncGenerator<string> {
  let piece = `${first}\n`;
  try {
    for (;;) {
      const next = await more.next();
      if (next.done === true) break;
      piece += `${next.value}\n`;
      if (piece.length < pieceLength) continue;
      yield piece;
      piece = '';
    }
    if (piece !== '') yield piece;
  } finally {
    await more.return?.();
  }
}

/** The client has disconnected, so there is no one to respond to. */
function isAborted(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
