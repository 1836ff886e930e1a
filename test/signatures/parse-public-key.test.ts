import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { parsePublicKey } from '../../lib/signatures/parse-public-key.js';
import { testKeyEd25519, testKeyRsaPss } from './rfc9421-vectors.js';

const pem = (der: Uint8Array, label = 'PUBLIC KEY'): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
};
const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();
const ed25519Pem = (hex: string): string => pem(Buffer.from(`302a300506032b6570032100${hex}`, 'hex'));
const rsaPem = (n: Uint8Array, e: number[]): string => {
  const jwk = {
    kty: 'RSA',
    n: Buffer.from(n).toString('base64url'),
    e: Buffer.from(e).toString('base64url'),
  };
  return pemOf(createPublicKey({ key: jwk, format: 'jwk' }));
};
const rsa = (modulusLength: number): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('rsa', { modulusLength });
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).publicKey;

const { publicKey: rsaKey, privateKey: rsaPrivate } = rsa(2048);
const { privateKey: ed25519Private } = generateKeyPairSync('ed25519');
const modulus = Buffer.from(rsaKey.export({ format: 'jwk' }).n ?? '', 'base64url');

describe('public keys', () => {
  it('R78 are read in every spelling that survives forms, queries and JSON', () => {
    for (const original of [testKeyEd25519, testKeyRsaPss, pemOf(rsaKey)]) {
      const expected = parsePublicKey(original);
      const spellings = [
        original.trimEnd(),
        original.replaceAll('\n', '\r\n'),
        original.replaceAll('\n', ' '),
        original.trimEnd().replaceAll('\n', ' '),
        original.replaceAll('\n', '\\n'),
        original.replaceAll('\n', '\\r\\n'),
        original.replaceAll('+', ' '),
        original.replaceAll('+', ' ').replaceAll('\n', '\r\n'),
        original.replaceAll('\n', ' ').replaceAll('+', ' '),
        `\n  ${original}\n`,
      ];
      for (const spelling of spellings) expect(parsePublicKey(spelling)).toEqual(expected);
    }
  });

  it('R78 have the fingerprints of their DER', () => {
    const der = createPublicKey(testKeyRsaPss).export({ format: 'der', type: 'spki' });
    const parsed = parsePublicKey(testKeyRsaPss);
    expect(parsed).toEqual({
      algorithm: 'rsa',
      spki: der.toString('base64'),
      sha256Fingerprint: createHash('sha256').update(der).digest('hex'),
      md5Fingerprint: expect.stringMatching(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/) as string,
    });
    expect(parsed.md5Fingerprint.replaceAll(':', '')).toBe(createHash('md5').update(der).digest('hex'));
  });

  it('R78 have the MD5 fingerprint that other systems show', () => {
    const published =
      '-----BEGIN PUBLIC KEY----- MCowBQYDK2VwAyEAM7FWhKquNqLmTOV4hfYT5r3AjrYiORTT6Tn5HIfFNV8= -----END PUBLIC KEY-----';
    expect(parsePublicKey(published).md5Fingerprint).toBe('9c:6d:c9:02:fd:9f:75:6e:14:bb:71:c5:74:95:86:c8');
  });

  it('R78 are taken from 2048 to 8192 bits', () => {
    // A modulus need not have known factors to be imported.
    const large = Buffer.alloc(1024, 0xff);
    expect(parsePublicKey(rsaPem(large, [1, 0, 1])).algorithm).toBe('rsa');
    expect(parsePublicKey(rsaPem(modulus, [1, 0, 3])).algorithm).toBe('rsa');
  });

  const weak: readonly (readonly [string, string])[] = [
    ['the identity', ed25519Pem(`01${'00'.repeat(31)}`)],
    ['the identity with a sign', ed25519Pem(`01${'00'.repeat(30)}80`)],
    ['order 2', ed25519Pem(`ec${'ff'.repeat(30)}7f`)],
    ['order 2 with a sign', ed25519Pem('ff'.repeat(32).replace(/^ff/, 'ec'))],
    ['order 4', ed25519Pem('00'.repeat(32))],
    ['order 4 with a sign', ed25519Pem(`${'00'.repeat(31)}80`)],
    ['order 8', ed25519Pem('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')],
    ['order 8 with a sign', ed25519Pem('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85')],
    ['another order 8', ed25519Pem('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')],
    ['order 4 in another encoding (p)', ed25519Pem(`ed${'ff'.repeat(30)}7f`)],
    ['the identity in another encoding (p + 1)', ed25519Pem(`ee${'ff'.repeat(30)}7f`)],
    ['the largest encoding', ed25519Pem('ff'.repeat(32))],
    ['no point of the curve', ed25519Pem(`02${'00'.repeat(31)}`)],
    ['RSA with 1024 bits', pemOf(rsa(1024).publicKey)],
    ['RSA with 2040 bits', pemOf(rsa(2040).publicKey)],
    ['RSA with 8200 bits', rsaPem(Buffer.alloc(1025, 0xff), [1, 0, 1])],
    ['RSA with the exponent 1', rsaPem(modulus, [1])],
    ['RSA with the exponent 3', rsaPem(modulus, [3])],
    ['RSA with an even exponent', rsaPem(modulus, [1, 0, 0])],
    ['RSA with an even modulus', rsaPem(Buffer.concat([modulus.subarray(0, -1), Buffer.of(2)]), [1, 0, 1])],
  ];
  it.each(weak)('R78 are refused when weak: %s', (_what, text) => {
    expect(() => parsePublicKey(text)).toThrow(/^must /);
  });

  const ed25519Jwk = ed25519Private.export({ format: 'jwk' });
  const wrong: readonly (readonly [string, unknown])[] = [
    ['a private key', ed25519Private.export({ format: 'pem', type: 'pkcs8' })],
    ['a private RSA key', rsaPrivate.export({ format: 'pem', type: 'pkcs8' })],
    ['a private RSA key of the older form', rsaPrivate.export({ format: 'pem', type: 'pkcs1' })],
    ['a public RSA key of the older form', rsaKey.export({ format: 'pem', type: 'pkcs1' })],
    ['a private key with another label', pem(ed25519Private.export({ format: 'der', type: 'pkcs8' }))],
    ['a certificate', pem(Buffer.from('3003020101', 'hex'), 'CERTIFICATE')],
    ['EC P-256', pemOf(ec('P-256'))],
    ['EC secp256k1', pemOf(ec('secp256k1'))],
    ['X25519', pemOf(generateKeyPairSync('x25519').publicKey)],
    ['Ed448', pemOf(generateKeyPairSync('ed448').publicKey)],
    ['DH', pemOf(dhKeys().publicKey)],
    ['a JWK', JSON.stringify({ ...ed25519Jwk, d: undefined })],
    ['a JWK with d', JSON.stringify(ed25519Jwk)],
    ['an object', ed25519Jwk],
    ['two blocks', testKeyEd25519 + testKeyEd25519],
    ['something behind it', `${testKeyEd25519}x`],
    ['something before it', `x${testKeyEd25519}`],
    ['16 KB', `${testKeyEd25519}${' '.repeat(16_384)}`],
    ['nothing', ''],
    ['null', null],
    ['no base64', testKeyEd25519.replace('MCow', 'M!ow')],
    ['base64 in another spelling', testKeyEd25519.replace('0bs=', '0bt=')],
    ['bytes behind the DER', pem(Buffer.concat([derOf(testKeyEd25519), Buffer.of(0)]))],
    [
      'a length in another form',
      pem(Buffer.from(`30812a${derOf(testKeyEd25519).toString('hex').slice(4)}`, 'hex')),
    ],
  ];
  it.each(wrong)('R78 are refused when they are none: %s', (_what, value) => {
    expect(() => parsePublicKey(value)).toThrow(/^must /);
  });

  it('R78 are never repeated in the message', () => {
    for (const [, value] of [...weak, ...wrong]) {
      try {
        parsePublicKey(value);
      } catch (error) {
        expect((error as Error).message).not.toMatch(/[A-Za-z0-9+/]{30}/);
      }
    }
  });
});

function derOf(text: string): Buffer {
  return createPublicKey(text).export({ format: 'der', type: 'spki' });
}

/** The types of Node know only one of the names of this option. */
function dhKeys(): { publicKey: KeyObject } {
  return generateKeyPairSync('dh' as 'ed25519', { group: 'modp14' } as object);
}
