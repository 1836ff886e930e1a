import { createHash, createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { createSecretDigester } from '../../lib/crypto/secret-digester.js';

const texts = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
const peppers = parsePeppers(texts);
const digester = createSecretDigester(peppers);
const [current = '', previous = ''] = digester.pepperIds;

describe('the digest of a secret', () => {
  it('is HMAC-SHA-256 over environment, id and secret', () => {
    expect(digester.pepperIds).toEqual(peppers.map(({ id }) => id));
    const bytes = Buffer.concat(['live', '\0', 'id', '\0', 'secret'].map((part) => Buffer.from(part)));
    expect(digester.digest(current, 'live', 'id', 'secret')).toBe(
      createHmac('sha256', texts[0]!).update(bytes).digest('hex'),
    );
  });

  it('is no plain hash of anything in it', () => {
    const digest = digester.digest(current, 'live', 'id', 'secret');
    for (const text of ['secret', 'idsecret', 'live\0id\0secret', 'live_idsecret']) {
      for (const algorithm of ['sha256', 'sha512', 'sha1', 'md5']) {
        expect(createHash(algorithm).update(text).digest('hex')).not.toBe(digest);
      }
    }
  });

  it('differs with the pepper, the environment, the id and the secret', () => {
    const digests = [
      digester.digest(current, 'live', 'id', 'secret'),
      digester.digest(previous, 'live', 'id', 'secret'),
      digester.digest(current, 'test', 'id', 'secret'),
      digester.digest(current, 'live', 'id2', 'secret'),
      digester.digest(current, 'live', 'id', 'secret2'),
      digester.digest(current, 'live', 'ids', 'ecret'),
      digester.digest(current, 'liv', 'eid', 'secret'),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is the same for no two triples', () => {
    const part = fc.stringMatching(/^[0-9A-Za-z_-]{0,6}$/);
    const triple = fc.tuple(part, part, fc.string({ maxLength: 6 }));
    fc.assert(
      fc.property(triple, triple, (a, b) => {
        const isSame = digester.digest(current, ...a) === digester.digest(current, ...b);
        expect(isSame).toBe(a.every((each, i) => each === b[i]));
      }),
      { numRuns: 5000 },
    );
  });

  it('cannot be made with a pepper that is not known', () => {
    expect(() => digester.digest('0'.repeat(16), 'live', 'id', 'secret')).toThrow(RangeError);
  });
});

describe('digests', () => {
  it.each([
    ['', '', true],
    ['ab', 'ab', true],
    ['ab', 'aB', false],
    ['ab', 'abc', false],
    ['abc', 'ab', false],
    // As many characters and not as many bytes.
    ['aa', 'aä', false],
  ])('%j and %j are compared: %j', (a, b, isEqual) => {
    expect(digester.equal(a, b)).toBe(isEqual);
  });
});

describe('the check of a secret', () => {
  it('is the first four bytes of its SHA-256', () => {
    expect(digester.secretCheck('abc')).toBe('ba7816bf');
    expect(digester.secretCheck('')).toBe('e3b0c442');
  });
});
