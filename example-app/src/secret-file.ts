import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { getErrorCode } from './get-error-code.js';

/** Creates a random string from `bytes` random bytes; it contains only letters, digits, `-` and `_`. */
export function makeRandomString(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/**
 * Reads a secret from a file that only its owner may read, and creates both if the file does not exist.
 * The file is created atomically: two processes that start at the same time use the same secret.
 */
export function readOrMakeSecret(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, makeRandomString(32), { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (getErrorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
}
