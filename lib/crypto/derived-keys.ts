import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { Pepper } from './peppers.js';

/** The purpose of a derived key. Keys for different purposes reveal nothing about one another or about the pepper. */
export type KeyPurpose = 'cursor' | 'step-up' | 'session' | 'audit' | 'seal';

/** A 256-bit key that was derived from a pepper. */
export interface DerivedKey {
  /** 16 hexadecimal characters of HMAC-SHA-256(key, "id"); not a secret. */
  readonly id: string;
  readonly key: KeyObject;
}

/** Derives the key for one purpose with HKDF-SHA-256 (RFC 5869); the purpose is its `info`, the salt is empty. */
export function deriveKey(pepper: Pepper, purpose: KeyPurpose): DerivedKey {
  const bytes = Buffer.from(hkdfSync('sha256', pepper.key, '', `express-api-keys ${purpose} v1`, 32));
  const key = createSecretKey(bytes);
  return { id: createHmac('sha256', key).update('id').digest('hex').slice(0, 16), key };
}
