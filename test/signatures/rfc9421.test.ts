import { createPrivateKey, createPublicKey } from 'node:crypto';
import { findDigestProblem } from '../../lib/signatures/rfc9421/content-digest.js';
import { isSignedBy, signBase } from '../../lib/signatures/check-signature.js';
import { parsePublicKey } from '../../lib/signatures/parse-public-key.js';
import { readComponent } from '../../lib/signatures/rfc9421/covered-component.js';
import { readDictionary } from '../../lib/signatures/rfc9421/read-dictionary.js';
import { createSignatureBase } from '../../lib/signatures/rfc9421/signature-base.js';
import {
  signatures,
  testKeyEd25519,
  testKeyEd25519Private,
  testKeyRsaPss,
  testRequest,
  transform,
  transformed,
} from './rfc9421-vectors.js';

interface Message {
  readonly method: string;
  readonly authority: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** The signature base of a message, from the member of `Signature-Input` as it stands there. */
function baseOf(message: Message, input: string): string | null {
  const member = readDictionary(`sig=${input}`)?.get('sig');
  const items = Array.isArray(member?.[0]) ? member[0] : [];
  const components = items.flatMap((item) => readComponent(item) ?? []);
  expect(components).toHaveLength(items.length);
  const rest = { scheme: 'https', bodyPresence: 'none', rawHeaders: message.headers.flat() } as const;
  return createSignatureBase({ ...message, ...rest }, components, input);
}

const keys = { rsa: testKeyRsaPss, ed25519: testKeyEd25519 } as const;

describe('the vectors of RFC 9421', () => {
  it.each(signatures)('R74 $section is verified', ({ algorithm, input, signature }) => {
    const base = baseOf(testRequest, input) ?? '';
    const bytes = Buffer.from(signature, 'base64');
    const key = createPublicKey(keys[algorithm]);
    expect(isSignedBy(key, algorithm, base, bytes)).toBe(true);
    expect(isSignedBy(key, algorithm, `${base} `, bytes)).toBe(false);
    expect(parsePublicKey(keys[algorithm]).algorithm).toBe(algorithm);
  });

  it('R74 B.2.6 is reproduced byte for byte', () => {
    const [b26] = signatures.filter(({ section }) => section === 'B.2.6');
    const base = baseOf(testRequest, b26?.input ?? '') ?? '';
    const signed = signBase(createPrivateKey(testKeyEd25519Private), 'ed25519', base);
    expect(signed.toString('base64')).toBe(b26?.signature);
  });

  it.each(transformed)('R74 B.4 $what: $isValid', ({ isValid, ...message }) => {
    const base = baseOf(message, transform.input) ?? '';
    const bytes = Buffer.from(transform.signature, 'base64');
    expect(isSignedBy(createPublicKey(testKeyEd25519), 'ed25519', base, bytes)).toBe(isValid);
  });

  it('R74 are ten', () => {
    expect(signatures.length + transformed.length).toBe(10);
    expect(transformed.filter(({ isValid }) => isValid)).toHaveLength(4);
  });

  it('R74 have the digest of their body', () => {
    expect(findDigestProblem(testRequest.headers.flat(), Buffer.from(testRequest.body))).toBe(null);
    expect(findDigestProblem(testRequest.headers.flat(), Buffer.from(`${testRequest.body} `))).not.toBe(null);
  });
});
