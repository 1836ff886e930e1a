// Signs requests as RFC 9421 has it, and in every wrong way that a test asks for. It shares nothing with lib/.
import { createHash, createHmac, randomBytes, sign, constants, type KeyObject } from 'node:crypto';
import type { RawRequest } from '../security/raw-http.js';

/** Who signs. */
export interface TestSigner {
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** A request and how it is signed; all of it can be overridden. */
export interface Signing {
  readonly method?: string;
  readonly target?: string;
  readonly body?: string | Buffer;
  readonly host?: string;
  /** Sent, and covered when named in `components`. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Identifiers, as they stand in the list. */
  readonly components?: readonly string[];
  /** Parameters as they are written behind the list; `null` leaves one out. */
  readonly params?: Readonly<Record<string, string | null>>;
  /** What components are said to be; default: what they are. */
  readonly values?: Readonly<Record<string, string>>;
  readonly label?: string;
  /** Epoch milliseconds. */
  readonly now?: number;
  /** What signs in place of the key. */
  readonly signature?: (base: string) => Buffer;
}

/** A signed request, taken apart so that it can be changed. */
export interface Signed {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly body: Buffer | undefined;
  /** Headers without those of the signature. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The member of `Signature-Input`. */
  readonly input: string;
  /** In base64. */
  readonly signature: string;
  readonly label: string;
}

export const digestOf = (body: string | Buffer, algorithm = 'sha256', name = 'sha-256'): string =>
  `${name}=:${createHash(algorithm).update(body).digest('base64')}:`;

export const newNonce = (): string => randomBytes(18).toString('base64');

/** Signs a request. */
export function signed(signer: TestSigner, signing: Signing = {}): Signed {
  const { method = 'POST', target = '/signed', host = 'api.example', label = 'sig' } = signing;
  const text = signing.body ?? (method === 'POST' ? '{"item":"book"}' : undefined);
  const body = typeof text === 'string' ? Buffer.from(text) : text;
  const given = signing.headers ?? [];
  const hasDigest = given.some(([name]) => name.toLowerCase() === 'content-digest');
  const headers = [
    ...(body === undefined ? [] : [['Content-Type', 'application/json'] as const]),
    ...(body === undefined || hasDigest ? [] : [['Content-Digest', digestOf(body)] as const]),
    ...given,
  ];
  const components = signing.components ?? [
    '"@method"',
    '"@target-uri"',
    ...(body === undefined ? [] : ['"content-digest"']),
  ];
  const seconds = Math.floor((signing.now ?? Date.now()) / 1000);
  const params = {
    created: String(seconds),
    nonce: `"${newNonce()}"`,
    keyid: `"${signer.keyId}"`,
    tag: '"acme"',
    ...signing.params,
  };
  const written = Object.entries(params).flatMap(([name, value]) =>
    value === null ? [] : [`;${name}=${value}`],
  );
  const input = `(${components.join(' ')})${written.join('')}`;
  const value = (identifier: string): string => {
    const name = identifier.replace(/^"([^"]*)".*$/, '$1');
    const [path = '', query] = target.split('?');
    const derived: Record<string, string> = {
      '@method': method,
      '@target-uri': `http://${host}${target}`,
      '@authority': host,
      '@scheme': 'http',
      '@path': path,
      '@query': `?${query ?? ''}`,
      '@request-target': target,
    };
    const lines = headers.filter(([header]) => header.toLowerCase() === name).map(([, line]) => line.trim());
    return signing.values?.[identifier] ?? derived[name] ?? lines.join(', ');
  };
  const base = [...components.map((each) => `${each}: ${value(each)}`), `"@signature-params": ${input}`].join(
    '\n',
  );
  const bytes = signing.signature?.(base) ?? signBytes(signer.privateKey, base);
  return { method, target, host, body, headers, input, signature: bytes.toString('base64'), label };
}

export function signBytes(key: KeyObject, base: string): Buffer {
  const data = Buffer.from(base);
  if (key.asymmetricKeyType !== 'rsa') return sign(null, data, key);
  return sign('sha512', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 });
}

/** The request as it is sent. */
export function sent(request: Signed): RawRequest {
  const { method, target, host, body, headers, input, signature, label } = request;
  return {
    method,
    target,
    withoutHost: true,
    lines: [
      `Host: ${host}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      ...(input === '' ? [] : [`Signature-Input: ${label}=${input}`]),
      ...(signature === '' ? [] : [`Signature: ${label}=:${signature}:`]),
    ],
    ...(body === undefined ? {} : { body }),
  };
}

/** A request that is signed with a shared secret. */
export interface HmacSigning {
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
  readonly ts?: number | string;
  readonly nonce?: string;
}

/** The value of `Authorization` of such a request. */
export function hmacAuthorization(
  keyId: string,
  secret: string,
  {
    method = 'POST',
    target = '/signed',
    body = '{"item":"book"}',
    ts = Date.now(),
    nonce = 'abcd',
  }: HmacSigning,
): string {
  const text = `${ts}\n${nonce}\n${method}\n${target}\n${body}\n`;
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  return `hmac-sha256 id=${keyId},ts=${ts},sig=${signature},nonce=${nonce}`;
}
