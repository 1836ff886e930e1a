import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import type { PublicKeyAlgorithm } from '../domain/public-key.js';
import { signBase } from './check-signature.js';
import { createContentDigest } from './rfc9421/content-digest.js';
import { readComponent, quoteString, type CoveredComponent } from './rfc9421/covered-component.js';
import { computeRequestHmac } from './hmac/hmac-signature.js';
import { hmacScheme } from './hmac/read-hmac-authorization.js';
import { createSignatureBase } from './rfc9421/signature-base.js';

/** A request to be signed. */
export interface RequestToSign {
  /** In upper case, as it is sent. */
  readonly method: string;
  /** Absolute, as it is sent; the fragment is ignored. */
  readonly url: string | URL;
  /** Additional headers to cover. They must be sent exactly as given here. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The bytes that are sent; a string is sent in UTF-8. */
  readonly body?: string | Uint8Array | undefined;
}

/** Signs with the private key of a registered public key (RFC 9421). */
export interface PrivateKeySigner {
  /** The id of the API key. */
  readonly keyId: string;
  /** Ed25519 or RSA, as PEM (PKCS #8) or a KeyObject. */
  readonly privateKey: string | KeyObject;
  /** The signature tag that the server accepts: its key prefix, unless configured otherwise. */
  readonly tag: string;
}

/** Signs with the secret of a key that was created with `signing: 'hmac'`: `Authorization: hmac-sha256 id=…,ts=…,sig=…,nonce=…`. */
export interface SecretSigner {
  /** The id of the API key. */
  readonly keyId: string;
  /** The whole API key, as it was shown once. */
  readonly secret: string;
}

/**
 * Signs one request. The signature is valid for one use, within a minute.
 *
 * @returns the headers to send with the request
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
  return 'secret' in signer ? signWithSecret(request, signer) : signWithPrivateKey(request, signer);
}

function signWithSecret(request: RequestToSign, { keyId, secret }: SecretSigner): Record<string, string> {
  const timestamp = String(Date.now());
  const nonce = randomBytes(16).toString('base64url');
  const { method } = request;
  const parts = { timestamp, nonce, method, target: getTarget(new URL(request.url)), body: getBody(request) };
  const signature = computeRequestHmac(secret, parts).toString('hex');
  return { Authorization: `${hmacScheme} id=${keyId},ts=${timestamp},sig=${signature},nonce=${nonce}` };
}

function signWithPrivateKey(
  request: RequestToSign,
  { keyId, privateKey, tag }: PrivateKeySigner,
): Record<string, string> {
  const key = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey;
  const url = new URL(request.url);
  const body = getBody(request);
  const digest = body.length === 0 ? {} : { 'Content-Digest': createContentDigest(body) };
  const covered = { ...digest, ...request.headers };
  const message = {
    method: request.method,
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    authority: url.host,
    target: getTarget(url),
    rawHeaders: Object.entries(covered).flat(),
    bodyPresence: body.length > 0 ? 'some' : 'none',
  } as const;

  const components = ['@method', '@target-uri', ...Object.keys(covered)].map(toComponent);
  const list = components.map(({ identifier }) => identifier).join(' ');
  const created = Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString('base64');
  const parameters = `(${list});created=${created};nonce="${nonce}";keyid=${quoteString(keyId)};tag=${quoteString(tag)}`;
  const base = createSignatureBase(message, components, parameters);
  if (base === null) throw new TypeError('A header cannot be covered: it is not printable ASCII');
  const signature = signBase(key, readAlgorithm(key), base).toString('base64');
  return { ...digest, 'Signature-Input': `sig=${parameters}`, Signature: `sig=:${signature}:` };
}

function toComponent(name: string): CoveredComponent {
  const component = readComponent([name.toLowerCase(), new Map()]);
  if (component === null) throw new TypeError('A header cannot be covered: its name is invalid');
  return component;
}

function readAlgorithm(key: KeyObject): PublicKeyAlgorithm {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519' || type === 'rsa') return type;
  throw new TypeError('privateKey: takes an Ed25519 or RSA key');
}

function getTarget(url: URL): string {
  return url.pathname + url.search;
}

function getBody({ body }: RequestToSign): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array());
}
