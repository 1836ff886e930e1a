import { createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { AuditSealer } from '../ports/audit-sealer.js';
import { deriveKey } from './derived-keys.js';
import type { Pepper } from './peppers.js';

/**
 * Creates a sealer whose MACs are HMAC-SHA-256, computed with the current pepper and checked with every known one.
 *
 * @param peppers - the current one first
 */
export function createAuditSealer(peppers: readonly [Pepper, ...Pepper[]]): AuditSealer {
  const [current] = peppers;
  const keys = new Map(peppers.map((pepper) => [pepper.id, deriveKey(pepper, 'audit').key]));
  const signingKey = deriveKey(current, 'audit').key;

  return {
    drawSalt: () => randomBytes(16).toString('base64url'),

    seal: (previousHash, bytes) =>
      `${current.id}.${computeMac(signingKey, previousHash, bytes).toString('hex')}`,

    check(mac, previousHash, bytes) {
      const [pepperId = '', hex = ''] = mac.split('.');
      const key = keys.get(pepperId);
      if (key === undefined) return 'unknown';
      const claimed = Buffer.from(hex, 'hex');
      const expected = computeMac(key, previousHash, bytes);
      const isEqual = claimed.length === expected.length && timingSafeEqual(claimed, expected);
      return isEqual && mac === `${pepperId}.${expected.toString('hex')}` ? 'valid' : 'invalid';
    },
  };
}

/** The hash has a fixed length, so no separator is needed. */
function computeMac(key: KeyObject, previousHash: string, bytes: string): Buffer {
  return createHmac('sha256', key).update(previousHash).update(bytes).digest();
}
