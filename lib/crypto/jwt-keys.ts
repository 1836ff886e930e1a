import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import { readUnprovenClaims } from '../domain/jwt.js';
import type { JwtKey, JwtKeys } from '../ports/jwt-signer.js';
import type { SigningAlgorithm } from '../ports/token-store.js';

const secretBytes = 32;
/** The lengths of signatures in base64url, in characters. */
const signatureLengths: Readonly<Record<SigningAlgorithm, number>> = { EdDSA: 86, HS256: 43 };

/**
 * Keys that sign and verify JWS in compact serialization (RFC 7515 sections 3.1 and 5) with node:crypto: `EdDSA` is Ed25519
 * (RFC 8037 section 3.1), `HS256` HMAC with SHA-256 (RFC 7518 section 3.2). Validating the claims is up to the caller.
 */
export const jwtKeys: JwtKeys = {
  generate(algorithm) {
    if (algorithm === 'HS256') return randomBytes(secretBytes);
    return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' });
  },

  open: (id, algorithm, bytes) =>
    algorithm === 'HS256' ? openSecretKey(id, bytes) : openPrivateKey(id, bytes),

  isSignedBy(spki, algorithm, token) {
    const key = createPublicKey({ key: spki, type: 'spki', format: 'der' });
    const isRsa = key.asymmetricKeyType === 'rsa';
    if (isRsa !== algorithm.startsWith('PS')) return false;
    const parts = splitSignature(token);
    if (parts === null) return false;
    const { input, signature } = parts;
    if (!isRsa) return verify(null, input, key, signature);
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    // RFC 7518 section 3.5 has a salt as long as the hash; OpenSSL, which many clients sign with, has the longest by default.
    const saltLength = constants.RSA_PSS_SALTLEN_AUTO;
    return verify(`sha${algorithm.slice(2)}`, input, { key, padding, saltLength }, signature);
  },
};

function openPrivateKey(id: string, bytes: Buffer): JwtKey {
  const privateKey = createPrivateKey({ key: bytes, type: 'pkcs8', format: 'der' });
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    throw new TypeError('The signing key is not an Ed25519 key');
  }
  const publicKey: KeyObject = createPublicKey(privateKey);
  const { kty = '', crv = '', x = '' } = publicKey.export({ format: 'jwk' });
  return {
    id,
    algorithm: 'EdDSA',
    publicJwk: { kty, crv, x, kid: id, alg: 'EdDSA', use: 'sig' },
    ...createSigner(id, 'EdDSA', (input) => sign(null, input, privateKey)),
    verify: createVerify((input, signature) => verify(null, input, publicKey, signature)),
  };
}

function openSecretKey(id: string, bytes: Buffer): JwtKey {
  if (bytes.length !== secretBytes) throw new TypeError('The signing key is not a secret of 32 bytes');
  const computeMac = (input: Buffer): Buffer => createHmac('sha256', bytes).update(input).digest();
  return {
    id,
    algorithm: 'HS256',
    publicJwk: null,
    ...createSigner(id, 'HS256', computeMac),
    verify: createVerify((input, signature) => {
      const expected = computeMac(input);
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    }),
  };
}

function createSigner(
  kid: string,
  alg: SigningAlgorithm,
  signInput: (input: Buffer) => Buffer,
): Pick<JwtKey, 'sign' | 'measure'> {
  const encode = (typ: string, claims: object): string =>
    `${encodeJson({ alg, typ, kid })}.${encodeJson(claims)}`;
  return {
    sign(typ, claims) {
      const input = encode(typ, claims);
      return `${input}.${signInput(Buffer.from(input)).toString('base64url')}`;
    },
    measure: (typ, claims) => encode(typ, claims).length + 1 + signatureLengths[alg],
  };
}

function createVerify(isValid: (input: Buffer, signature: Buffer) => boolean): JwtKey['verify'] {
  return (token) => {
    const parts = splitSignature(token);
    return parts !== null && isValid(parts.input, parts.signature) ? readUnprovenClaims(token) : null;
  };
}

/** The signed input and the signature, which must be in canonical encoding (RFC 4648 section 3.5); else `null`. */
function splitSignature(token: string): { readonly input: Buffer; readonly signature: Buffer } | null {
  const signedLength = token.lastIndexOf('.');
  const encoded = token.slice(signedLength + 1);
  const signature = Buffer.from(encoded, 'base64url');
  if (signedLength === -1 || signature.toString('base64url') !== encoded) return null;
  return { input: Buffer.from(token.slice(0, signedLength)), signature };
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
