import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './error-code.js';

/** A random text that holds `bytes` bytes of randomness and only letters, digits, `-` and `_`. */
export function makeRandomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/**
 * Reads a secret from a file that only its owner may read; makes both when there is none.
 * The file appears whole or not at all: two processes that start at once end up with one secret.
 */
export function readOrMakeSecret(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, makeRandomText(32), { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
}
