import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { maxCursorLength, maxResumeLength, type CursorSigner } from '../ports/cursor-signer.js';
import { deriveKey } from './derived-keys.js';
import type { Pepper } from './peppers.js';

const macBytes = 16;
const cursorPattern = /^([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{22})$/;

/**
 * Creates a signer of cursors: `base64url(position).base64url(mac)`, the MAC being HMAC-SHA-256 truncated to 128 bits (RFC
 * 2104 section 5). They are signed with the current pepper and verified with every known one.
 *
 * @param peppers - the current one first
 */
export function createCursorSigner(peppers: readonly [Pepper, ...Pepper[]]): CursorSigner {
  return createSigner(peppers, 'cursor');
}

/** The same for where a verification of the audit trail goes on: it contains what was found so far, and is longer. */
export function createResumeSigner(peppers: readonly [Pepper, ...Pepper[]]): CursorSigner {
  return createSigner(peppers, 'cursor', maxResumeLength);
}

/** The same for other short strings that callers send back. */
export function createSigner(
  peppers: readonly [Pepper, ...Pepper[]],
  purpose: 'cursor' | 'step-up' | 'session',
  maxLength: number = maxCursorLength,
): CursorSigner {
  const [current, ...previous] = peppers;
  const signingKey = deriveKey(current, purpose).key;
  const keys = [signingKey, ...previous.map((pepper) => deriveKey(pepper, purpose).key)];

  return {
    sign(position, binding) {
      const cursor = `${Buffer.from(position).toString('base64url')}.${computeMac(position, binding, signingKey)}`;
      if (cursor.length > maxLength) throw new RangeError('A list position is too long for a cursor');
      return cursor;
    },

    open(cursor, binding) {
      if (cursor.length > maxLength) return null;
      const [, payload, mac] = cursorPattern.exec(cursor) ?? [];
      if (payload === undefined || mac === undefined) return null;
      const position = Buffer.from(payload, 'base64url').toString();
      // `YQ` and `YR` decode alike: only the canonical encoding is accepted (RFC 4648 section 3.5).
      if (Buffer.from(position).toString('base64url') !== payload) return null;
      return keys.some((key) => isSame(mac, computeMac(position, binding, key))) ? position : null;
    },
  };
}

/** The length prefix separates the binding from the position. */
function computeMac(position: string, binding: string, key: KeyObject): string {
  const mac = createHmac('sha256', key)
    .update(`${Buffer.byteLength(binding)}:${binding}${position}`)
    .digest();
  return mac.subarray(0, macBytes).toString('base64url');
}

/** Compares the encoded strings, so that another encoding of the same MAC does not match. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
