import fc from 'fast-check';
import { base62Alphabet } from '../../lib/domain/charset.js';
import { createKeyFormat, idLength, isKeyId, secretLength } from '../../lib/domain/key-format.js';

const format = createKeyFormat('acme', 'live');
const base62 = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...base62Alphabet), { minLength: length, maxLength: length })
    .map((characters) => characters.join(''));
const parts = fc.record({ id: base62(idLength), secret: base62(secretLength) });

describe('createKeyFormat', () => {
  it('reads back what it wrote, whatever the parts', () => {
    fc.assert(
      fc.property(parts, ({ id, secret }) => {
        const token = format.compose(id, secret);
        expect(format.parse(token)).toEqual({ id, secret });
        expect(token).toMatch(format.pattern);
        expect(token).toHaveLength('acme_live_'.length + 16 + 43 + 6);
      }),
    );
  });

  it('writes the checksum that GitHub describes: CRC32 in six base62 characters', () => {
    const body = `acme_live_${'0'.repeat(idLength)}${'z'.repeat(secretLength)}`;
    // Computed with Python's zlib.crc32, an implementation of its own.
    expect(format.compose('0'.repeat(idLength), 'z'.repeat(secretLength))).toBe(`${body}2HoNmJ`);
  });

  it('refuses every edit of one character', () => {
    const token = format.compose('Ab3dEf6hIj9kLm2n', 'q'.repeat(secretLength));
    let tried = 0;
    for (let at = 0; at < token.length; at += 1) {
      const edits = [
        token.slice(0, at) + token.slice(at + 1),
        token.slice(0, at) + 'x' + token.slice(at),
        ...[...base62Alphabet, '_', '-', ' ', 'é'].map(
          (character) => token.slice(0, at) + character + token.slice(at + 1),
        ),
        token.slice(0, at) + token.charAt(at + 1) + token.charAt(at) + token.slice(at + 2),
        token.slice(0, at),
      ];
      for (const edit of edits) {
        if (edit === token) continue;
        tried += 1;
        expect(format.parse(edit)).toBeNull();
      }
    }
    expect(tried).toBeGreaterThan(5_000);
  });

  it('refuses keys of another environment and of another prefix', () => {
    const id = 'A'.repeat(idLength);
    const secret = 'B'.repeat(secretLength);
    expect(format.parse(createKeyFormat('acme', 'test').compose(id, secret))).toBeNull();
    expect(format.parse(createKeyFormat('acne', 'live').compose(id, secret))).toBeNull();
  });

  it('finds the parts by position when the prefix holds a separator', () => {
    const other = createKeyFormat('acme_eu', 'live');
    const token = other.compose('A'.repeat(idLength), 'B'.repeat(secretLength));
    expect(other.parse(token)?.id).toBe('A'.repeat(idLength));
  });

  it('recognises what claims to be one of its keys, well formed or not', () => {
    expect(format.recognises('acme_live_typo')).toBe(true);
    expect(format.recognises('acme_test_anything')).toBe(true);
    expect(format.recognises('eyJhbGciOiJIUzI1NiJ9.e30.x')).toBe(false);
    expect(format.recognises('')).toBe(false);
  });
});

describe('isKeyId', () => {
  it.each(['Ab3dEf6hIj9kLm2n', 'key_01abc', 'a-b_c'])('takes %j', (id) => {
    expect(isKeyId(id)).toBe(true);
  });

  it.each(['', 'a b', 'a\0', "a'--", 'é', 'x'.repeat(65)])('refuses %j', (id) => {
    expect(isKeyId(id)).toBe(false);
  });
});
