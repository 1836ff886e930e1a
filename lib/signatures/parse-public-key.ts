import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { findEd25519Problem } from '../domain/ed25519-point.js';
import { InvalidFieldError } from '../domain/key-fields.js';
import { maxPemLength, maxRsaBits, minRsaBits, type PublicKey } from '../domain/public-key.js';
import { readPem } from '../domain/read-pem.js';

/** Bytes before the point in every SubjectPublicKeyInfo of Ed25519 (RFC 8410 section 4). */
const ed25519Head = Buffer.from('302a300506032b6570032100', 'hex');

/** A rejected public key. The message never repeats any of it: it may be a private key. */
export class InvalidPublicKeyError extends InvalidFieldError {}

/**
 * Parses the public key of an API key. OpenSSL accepts more than is safe: points of small order, tiny exponents, private
 * keys.
 *
 * @throws InvalidPublicKeyError for anything but an Ed25519 key, or an RSA key with 2048 to 8192 bits and an odd exponent
 * of at least 65537, as one PEM block `PUBLIC KEY`
 */
export function parsePublicKey(value: unknown): PublicKey {
  if (typeof value !== 'string') fail('must be a string: one PEM block BEGIN PUBLIC KEY');
  if (value.length > maxPemLength) fail(`must have at most ${maxPemLength} characters`);
  if (/PRIVATE/i.test(value))
    fail(
      'must be the public key, but a private key was sent: generate a new pair, and never send its private key',
    );
  const der = readPem(value);
  if (der === null) fail('must be one PEM block BEGIN PUBLIC KEY, and nothing else');
  const key = importSpki(der);
  const algorithm = checkPublicKey(key, der);
  return {
    algorithm,
    spki: Buffer.from(der).toString('base64'),
    sha256Fingerprint: createHash('sha256').update(der).digest('hex'),
    md5Fingerprint: insertColons(createHash('md5').update(der).digest('hex')),
  };
}

function importSpki(der: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch {
    fail('must be an Ed25519 or RSA key');
  }
}

function checkPublicKey(key: KeyObject, der: Uint8Array): PublicKey['algorithm'] {
  // Only the canonical encoding is accepted: another encoding of the same key would have another fingerprint.
  if (!key.export({ format: 'der', type: 'spki' }).equals(der)) fail('must be written as DER');
  if (key.asymmetricKeyType === 'ed25519') {
    const problem = findEd25519Problem(der.subarray(ed25519Head.length));
    if (problem !== null) fail(problem);
    return 'ed25519';
  }
  if (key.asymmetricKeyType !== 'rsa') fail('must be an Ed25519 or RSA key');
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < minRsaBits || modulusLength > maxRsaBits) {
    fail(`must have ${minRsaBits} to ${maxRsaBits} bits, if it is an RSA key`);
  }
  // An even modulus has the factor two.
  const modulus = Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url');
  if ((modulus.at(-1) ?? 0) % 2 === 0) fail('must be the product of two primes, if it is an RSA key');
  if (publicExponent < 65_537n || publicExponent % 2n === 0n || publicExponent >= 2n ** 64n) {
    fail('must have an odd exponent of at least 65537, if it is an RSA key');
  }
  return 'rsa';
}

function insertColons(hex: string): string {
  return (hex.match(/../g) ?? []).join(':');
}

function fail(message: string): never {
  throw new InvalidPublicKeyError(message);
}
