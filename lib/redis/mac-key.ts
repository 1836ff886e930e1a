import { createHmac, hash, hkdfSync, type KeyObject } from 'node:crypto';

/** A secret of the app that Redis does not know. */
export interface RedisPepper {
  readonly key: KeyObject;
}

/** The key that authenticates entries. */
export interface MacKey {
  /** 16 hexadecimal characters of HMAC-SHA-256(key, "id"); not a secret. */
  readonly id: string;
  /** HMAC-SHA-256 of a string in UTF-8, 43 characters of base64url. */
  sign(message: string): string;
}

const blockBytes = 64;

/**
 * Derives the key for Redis entries from a pepper with HKDF-SHA-256 (RFC 5869), the same way as `deriveKey` of
 * `crypto/derived-keys.ts`, which this folder must not import: the salt is empty, and `info` names the purpose
 * `redis-mac`, which no key of `deriveKey` may have.
 *
 * The key of the HMAC is the base64url string of the 32 bytes, so that its padded blocks are ASCII (RFC 2104 section
 * 2: XOR with 0x36 and 0x5c keeps the highest bit). A block and a string can then be hashed as one string by Node's
 * one-shot `hash`, which takes half as long as an `Hmac` object.
 */
export function deriveMacKey(pepper: RedisPepper): MacKey {
  const bytes = hkdfSync('sha256', pepper.key, '', 'express-api-keys redis-mac v1', 32);
  const key = Buffer.from(bytes).toString('base64url');
  const block = Buffer.concat([Buffer.from(key), Buffer.alloc(blockBytes)]).subarray(0, blockBytes);
  const innerBlock = block.map((byte) => byte ^ 0x36);
  const innerString = Buffer.from(innerBlock).toString('latin1');
  /** The outer block and space for the inner digest. Shared, because nothing is awaited while it is in use. */
  const outer = Buffer.alloc(blockBytes + 32);
  for (const [i, byte] of block.entries()) outer[i] = byte ^ 0x5c;

  return {
    id: createHmac('sha256', key).update('id').digest('hex').slice(0, 16),
    sign(message) {
      outer.write(hash('sha256', innerString + message, 'hex'), blockBytes, 'hex');
      return hash('sha256', outer, 'base64url');
    },
  };
}
