import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** A secret of the app that Redis does not know. */
export interface RedisPepper {
  readonly key: KeyObject;
}

/** What entries are authenticated with. */
export interface MacKey {
  /** 16 hexadecimal characters of HMAC-SHA-256(key, "id"); not a secret. */
  readonly id: string;
  readonly key: KeyObject;
}

/**
 * Derives the key for Redis entries from a pepper with HKDF-SHA-256 (RFC 5869), the same way as `deriveKey` of
 * `crypto/derived-keys.ts`, of which this folder knows nothing: the salt is empty, and `info` names the purpose
 * `redis-mac`, which no key of `deriveKey` may have.
 */
export function deriveMacKey(pepper: RedisPepper): MacKey {
  const key = createSecretKey(
    Buffer.from(hkdfSync('sha256', pepper.key, '', 'express-api-keys redis-mac v1', 32)),
  );
  return { id: createHmac('sha256', key).update('id').digest('hex').slice(0, 16), key };
}
