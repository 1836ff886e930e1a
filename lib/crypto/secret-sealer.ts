import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SecretSealer } from '../ports/secret-sealer.js';
import { deriveKey } from './derived-keys.js';
import type { Pepper } from './peppers.js';

const ivBytes = 12;
const tagBytes = 16;

/**
 * Creates a sealer with AES-256-GCM and a random nonce; the purpose is the additional authenticated data. Secrets are sealed
 * with the current pepper and opened with every known one.
 *
 * @param peppers - the current one first
 */
export function createSecretSealer(peppers: readonly [Pepper, ...Pepper[]]): SecretSealer {
  const [current] = peppers;
  const keys = new Map(peppers.map((pepper) => [pepper.id, deriveKey(pepper, 'seal').key]));
  const sealingKey = deriveKey(current, 'seal').key;

  return {
    seal(secret, purpose) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, iv).setAAD(Buffer.from(purpose));
      const bytes = Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      return `${current.id}.${bytes.toString('base64url')}`;
    },

    open(sealed, purpose) {
      const [pepperId = '', text = ''] = sealed.split('.');
      const key = keys.get(pepperId);
      const bytes = Buffer.from(text, 'base64url');
      if (key === undefined || bytes.length < ivBytes + tagBytes) return null;
      const tagAt = bytes.length - tagBytes;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(tagAt));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(ivBytes, tagAt)), decipher.final()]);
      } catch {
        return null;
      }
    },
  };
}
