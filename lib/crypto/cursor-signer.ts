import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { maxCursorLength, type CursorSigner } from '../ports/cursor-signer.js';
import { deriveKey } from './derived-keys.js';
import type { Pepper } from './peppers.js';

const macBytes = 16;
const cursorPattern = /^([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{22})$/;

/**
 * Cursors are `base64url(position).base64url(mac)`, the MAC being HMAC-SHA-256 cut to 128 bits (RFC 2104 section 5).
 * They are made with the current pepper and open with any known one.
 *
 * @param peppers - the current one first
 */
export function createCursorSigner(peppers: readonly [Pepper, ...Pepper[]]): CursorSigner {
  return createSigner(peppers, 'cursor');
}

/** The same for other short texts that come back from callers. */
export function createSigner(
  peppers: readonly [Pepper, ...Pepper[]],
  purpose: 'cursor' | 'step-up',
): CursorSigner {
  const [current, ...previous] = peppers;
  const signingKey = deriveKey(current, purpose).key;
  const keys = [signingKey, ...previous.map((pepper) => deriveKey(pepper, purpose).key)];

  return {
    sign(position, binding) {
      const cursor = `${Buffer.from(position).toString('base64url')}.${computeMac(position, binding, signingKey)}`;
      if (cursor.length > maxCursorLength) throw new RangeError('A list position is too long for a cursor');
      return cursor;
    },

    open(cursor, binding) {
      if (cursor.length > maxCursorLength) return null;
      const [, payload, mac] = cursorPattern.exec(cursor) ?? [];
      if (payload === undefined || mac === undefined) return null;
      const position = Buffer.from(payload, 'base64url').toString();
      // `YQ` and `YR` decode alike: only the canonical spelling counts (RFC 4648 section 3.5).
      if (Buffer.from(position).toString('base64url') !== payload) return null;
      return keys.some((key) => isSame(mac, computeMac(position, binding, key))) ? position : null;
    },
  };
}

/** The length in front tells where the binding ends. */
function computeMac(position: string, binding: string, key: KeyObject): string {
  const mac = createHmac('sha256', key)
    .update(`${Buffer.byteLength(binding)}:${binding}${position}`)
    .digest();
  return mac.subarray(0, macBytes).toString('base64url');
}

/** Compares texts, so that a MAC in another spelling is another MAC. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
