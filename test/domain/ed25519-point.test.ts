import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { findEd25519Problem } from '../../lib/domain/ed25519-point.js';

const p = 2n ** 255n - 19n;

function encode(y: bigint, sign: 0 | 1 = 0): Buffer {
  const bytes = Buffer.alloc(32);
  let left = y | (BigInt(sign) << 255n);
  for (let index = 0; index < 32; index += 1) {
    bytes[index] = Number(left & 255n);
    left >>= 8n;
  }
  return bytes;
}

const publicKey = (): Buffer => {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
};

/** What noble-curves, an ES module and so in a process of its own, says of encodings: taken or not (RFC 8032 section 5.1.3). */
function verdictsOfNoble(encodings: readonly Buffer[]): readonly boolean[] {
  const source = `
    import { ed25519 } from '@noble/curves/ed25519.js';
    import { readFileSync } from 'node:fs';
    const lines = readFileSync(0, 'utf8').split('\\n');
    console.log(JSON.stringify(lines.map((hex) => {
      try {
        return !ed25519.Point.fromHex(hex, false).isSmallOrder();
      } catch {
        return false;
      }
    })));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
    input: encodings.map((bytes) => bytes.toString('hex')).join('\n'),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as boolean[];
}

/**
 * The encodings of points of small order, canonical and not, with either sign: the 14 of table 6 in "Taming the many
 * EdDSAs" (Chalkias, Garillot, Nikolaenko, SSR 2020).
 */
const smallOrder = [
  ...[0n, 1n, p - 1n, p, p + 1n].flatMap((y) => [encode(y), encode(y, 1)]),
  ...[
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ].map((hex) => Buffer.from(hex, 'hex')),
];

describe('findEd25519Problem', () => {
  it('takes what node:crypto makes', () => {
    for (let round = 0; round < 200; round += 1) expect(findEd25519Problem(publicKey())).toBeNull();
  });

  it('refuses every encoding of a point of small order, because one signature fits many messages there', () => {
    expect(smallOrder.map((bytes) => findEd25519Problem(bytes))).not.toContain(null);
    expect(verdictsOfNoble(smallOrder)).not.toContain(true);
  });

  it('refuses other lengths, numbers beyond the field and what is no point', () => {
    for (const length of [0, 31, 33, 64]) expect(findEd25519Problem(Buffer.alloc(length, 3))).not.toBeNull();
    for (let offset = 0n; offset < 19n; offset += 1n) {
      expect(findEd25519Problem(encode(p + offset))).not.toBeNull();
    }
    expect(findEd25519Problem(encode(2n))).toBe('must be a point of the curve Ed25519');
  });

  it('decides as noble-curves does, of keys, changed keys, random bytes and the edges of the field', () => {
    const changed = Array.from({ length: 1_000 }, () => {
      const bytes = publicKey();
      const bit = randomBytes(1)[0] ?? 0;
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return bytes;
    });
    const edges = Array.from({ length: 200 }, (_, n) => BigInt(n)).flatMap((n) => [
      ...[encode(n), encode(n, 1), encode(p - 1n - n), encode(p - 1n - n, 1)],
      ...[encode((p - 1n) / 2n + n), encode(2n ** 255n - 1n - n), encode(2n ** 255n - 1n - n, 1)],
    ]);
    const random = Array.from({ length: 1_000 }, () => randomBytes(32));
    const encodings = [...changed, ...edges, ...random, ...smallOrder];
    const ours = encodings.map((bytes) => findEd25519Problem(bytes) === null);
    const differing = verdictsOfNoble(encodings).flatMap((taken, index) =>
      taken === ours[index] ? [] : [encodings[index]?.toString('hex')],
    );
    expect(differing).toEqual([]);
    expect(ours).toContain(true);
    expect(ours).toContain(false);
  });
});
