import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { LinesAnswer } from './endpoint.js';

/** Lines are written in pieces of about so many characters. */
const pieceLength = 16 * 1024;

/**
 * Writes an answer of many lines, no faster than the caller reads it. Trouble before the first line is thrown, so that it
 * can be answered; trouble after it ends the connection, so that half an answer does not look like a whole one.
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

/** The caller has gone: nobody is left to answer. */
function isAborted(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
