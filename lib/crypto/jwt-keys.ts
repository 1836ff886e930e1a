import {
  constants,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  verify,
} from 'node:crypto';
import { createSigner, createVerifier, type Algorithm } from 'fast-jwt';
import type { JwtKey, JwtKeys } from '../ports/jwt-signer.js';

const secretBytes = 32;

/** Keys on fast-jwt: it signs and checks signatures. What a token says is decided by who asks. */
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
    const signedLength = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(signedLength + 1), 'base64url');
    const input = Buffer.from(token.slice(0, signedLength));
    if (!isRsa) return verify(null, input, key, signature);
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return verify(`sha${algorithm.slice(2)}`, input, { key, padding, saltLength }, signature);
  },
};

function openPrivateKey(id: string, bytes: Buffer): JwtKey {
  const privateKey = createPrivateKey({ key: bytes, type: 'pkcs8', format: 'der' });
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new TypeError('The signing key is not an Ed25519 key');
  const publicKey = createPublicKey(privateKey);
  const { kty = '', crv = '', x = '' } = publicKey.export({ format: 'jwk' });
  return {
    id,
    algorithm: 'EdDSA',
    publicJwk: { kty, crv, x, kid: id, alg: 'EdDSA', use: 'sig' },
    sign: signWith(id, privateKey.export({ type: 'pkcs8', format: 'pem' }), 'EdDSA'),
    verify: checkWith(publicKey.export({ type: 'spki', format: 'pem' }), 'EdDSA'),
  };
}

function openSecretKey(id: string, bytes: Buffer): JwtKey {
  if (bytes.length !== secretBytes) throw new TypeError('The signing key is not a secret of 32 bytes');
  const key = createSecretKey(bytes).export();
  return {
    id,
    algorithm: 'HS256',
    publicJwk: null,
    sign: signWith(id, key, 'HS256'),
    verify: checkWith(key, 'HS256'),
  };
}

function signWith(kid: string, key: string | Buffer, algorithm: Algorithm): JwtKey['sign'] {
  const signers = new Map<string, (claims: object) => string>();
  return (type, claims) => {
    let sign = signers.get(type);
    if (sign === undefined) {
      // `iat` comes in with the other claims.
      sign = createSigner({ key, algorithm, kid, header: { alg: algorithm, typ: type } });
      signers.set(type, sign);
    }
    return sign(claims);
  };
}

function checkWith(key: string | Buffer, algorithm: Algorithm): JwtKey['verify'] {
  const check = createVerifier({
    key,
    algorithms: [algorithm],
    cache: false,
    // Times are decided by the clock of the instance, at each use.
    ignoreExpiration: true,
    ignoreNotBefore: true,
  });
  return (token) => {
    try {
      return check(token) as Readonly<Record<string, unknown>>;
    } catch {
      return null;
    }
  };
}
