import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { findElementFile } from './find-element-file.js';

/** The script of the custom element as it is sent. */
export interface PageScript {
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
  /** Names the content: another content has another digest. */
  readonly digest: string;
}

/**
 * Reads the script, once for each router that serves it: no request decides what is read.
 *
 * @throws InvalidOptionError when there is no such file
 */
export function readPageScript(): PageScript {
  const bytes = readFileSync(findElementFile());
  return { bytes, gzipped: gzipSync(bytes, { level: 9 }), digest: digestOf(bytes) };
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
