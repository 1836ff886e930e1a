import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import type { PublicKeyAlgorithm } from '../domain/public-key.js';
import { signBase } from './check-signature.js';
import { contentDigest } from './rfc9421/content-digest.js';
import { readComponent, quoted, type CoveredComponent } from './rfc9421/covered-component.js';
import { requestHmac } from './hmac/hmac-signature.js';
import { hmacScheme } from './hmac/read-hmac-authorization.js';
import { signatureBase } from './rfc9421/signature-base.js';

/** A request that is about to be sent. */
export interface RequestToSign {
  /** In capitals, as it is sent. */
  readonly method: string;
  /** Absolute, as it is sent; the part behind `#` is not. */
  readonly url: string | URL;
  /** Headers that are to be covered besides. They must be sent as they stand here. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The bytes that are sent; a text is sent in UTF-8. */
  readonly body?: string | Uint8Array | undefined;
}

/** Signs with a private key whose public key was registered (RFC 9421). */
export interface PrivateKeySigner {
  /** The id of the API key. */
  readonly keyId: string;
  /** Ed25519 or RSA, as PEM (PKCS #8) or a KeyObject. */
  readonly privateKey: string | KeyObject;
  /** What the server takes signatures with: its prefix, unless it says otherwise. */
  readonly tag: string;
}

/** Signs with the secret of a key that was made with `signing: 'hmac'`. */
export interface SecretSigner {
  /** The id of the API key. */
  readonly keyId: string;
  /** The whole API key, as it was shown once. */
  readonly secret: string;
}

/**
 * Signs one request. The signature is good for one use, within a minute.
 *
 * @returns headers to be sent along
 * @throws TypeError when the private key is neither Ed25519 nor RSA, or a header cannot be covered
 *
 * @example
 * const request = { method: 'POST', body: JSON.stringify({ item: 'book' }) };
 * const headers = signRequest({ ...request, url }, { keyId, privateKey, tag: 'acme' });
 * await fetch(url, { ...request, headers: { ...headers, 'Content-Type': 'application/json' } });
 */
export function signRequest(
  request: RequestToSign,
  signer: PrivateKeySigner | SecretSigner,
): Record<string, string> {
  return 'secret' in signer ? withSecret(request, signer) : withPrivateKey(request, signer);
}

function withSecret(request: RequestToSign, { keyId, secret }: SecretSigner): Record<string, string> {
  const timestamp = String(Date.now());
  const nonce = randomBytes(16).toString('base64url');
  const { method } = request;
  const parts = { timestamp, nonce, method, target: targetOf(new URL(request.url)), body: bodyOf(request) };
  const signature = requestHmac(secret, parts).toString('hex');
  return { Authorization: `${hmacScheme} id=${keyId},ts=${timestamp},sig=${signature},nonce=${nonce}` };
}

function withPrivateKey(
  request: RequestToSign,
  { keyId, privateKey, tag }: PrivateKeySigner,
): Record<string, string> {
  const key = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey;
  const url = new URL(request.url);
  const body = bodyOf(request);
  const digest = body.length === 0 ? {} : { 'Content-Digest': contentDigest(body) };
  const covered = { ...digest, ...request.headers };
  const message = {
    method: request.method,
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    authority: url.host,
    target: targetOf(url),
    rawHeaders: Object.entries(covered).flat(),
    bodyPresence: body.length > 0 ? 'some' : 'none',
  } as const;

  const components = ['@method', '@target-uri', ...Object.keys(covered)].map(componentOf);
  const list = components.map(({ identifier }) => identifier).join(' ');
  const created = Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString('base64');
  const parameters = `(${list});created=${created};nonce="${nonce}";keyid=${quoted(keyId)};tag=${quoted(tag)}`;
  const base = signatureBase(message, components, parameters);
  if (base === null) throw new TypeError('A header cannot be covered: it is not printable ASCII');
  const signature = signBase(key, algorithmOf(key), base).toString('base64');
  return { ...digest, 'Signature-Input': `sig=${parameters}`, Signature: `sig=:${signature}:` };
}

function componentOf(name: string): CoveredComponent {
  const component = readComponent([name.toLowerCase(), new Map()]);
  if (component === null) throw new TypeError('A header cannot be covered: its name is none');
  return component;
}

function algorithmOf(key: KeyObject): PublicKeyAlgorithm {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519' || type === 'rsa') return type;
  throw new TypeError('privateKey: takes an Ed25519 or RSA key');
}

function targetOf(url: URL): string {
  return url.pathname + url.search;
}

function bodyOf({ body }: RequestToSign): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array());
}
