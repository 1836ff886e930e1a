import fc from 'fast-check';
import { base62Alphabet } from '../../lib/domain/charset.js';
import { base36Alphabet, base64urlAlphabet, isWrittenIn, toPattern } from '../../lib/domain/charset.js';
import { createCheckedFormat } from '../../lib/domain/key-format.js';
import { createPairFormat } from '../../lib/domain/pair-format.js';

const id = { alphabet: base62Alphabet, length: 8 };
const secret = { alphabet: base64urlAlphabet, length: 43 };
const plain = createPairFormat({ head: '', id, secret, checksumLength: 0 });
const headed = createPairFormat({ head: 'pub_', id, secret, checksumLength: 6 });
const textIn = ({ alphabet, length }: { alphabet: string; length: number }): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...alphabet), { minLength: length, maxLength: length })
    .map((characters) => characters.join(''));
const parts = fc.record({ id: textIn(id), secret: textIn(secret) });

describe('createPairFormat', () => {
  it.each([
    ['without head and checksum', plain, 8],
    ['with both', headed, 4 + 8 + 6],
  ])('reads back what it wrote, %s', (_, format, clientIdLength) => {
    fc.assert(
      fc.property(parts, (pair) => {
        const token = format.compose(pair.id, pair.secret);
        const clientId = format.toClientId(pair.id);
        expect(clientId).toHaveLength(clientIdLength);
        expect(token).toBe(`${clientId}:${pair.secret}`);
        expect(token).toHaveLength(format.length);
        expect(token).toMatch(format.pattern);
        expect(format.parse(token)).toEqual(pair);
        expect(format.parsePair(clientId, pair.secret)).toEqual(pair);
        expect(format.parseClientId(clientId)).toBe(pair.id);
        expect(format.recognises(token)).toBe(true);
        // The secret is never shown again, not even a part of it.
        expect(format.lastFourOf(token)).toBe(clientId.slice(-4));
      }),
    );
  });

  it('sees typos in a client id with a checksum', () => {
    const clientId = headed.toClientId('abcdefgh');
    for (let at = 0; at < clientId.length; at += 1) {
      const typo = clientId.slice(0, at) + (clientId.charAt(at) === 'x' ? 'y' : 'x') + clientId.slice(at + 1);
      expect(headed.parseClientId(typo)).toBeNull();
    }
  });

  it.each([
    '',
    ':',
    'abcdefgh',
    `abcdefgh${'s'.repeat(43)}`,
    `abcdefgh:${'s'.repeat(42)}`,
    `abcdefgh:${'s'.repeat(43)}\n`,
    `abcdefg-:${'s'.repeat(43)}`,
    `abcdefgh:${'s'.repeat(42)}:`,
  ])('reads nothing from %j', (text) => {
    expect(plain.parse(text)).toBeNull();
    expect(plain.recognises(text)).toBe(false);
  });
});

describe('createCheckedFormat', () => {
  it.each([
    ['base64url', 'ak_', base64urlAlphabet, { id: 10, secret: 27, checksum: 6 }, 46],
    ['base36', 'dk_live_', base36Alphabet, { id: 8, secret: 25, checksum: 7 }, 48],
  ])('writes and reads %s, and refuses every edit', (_, head, alphabet, lengths, length) => {
    const format = createCheckedFormat({ head, alphabet, lengths });
    const pair = fc.record({ id: textIn(format.id), secret: textIn(format.secret) });
    fc.assert(
      fc.property(pair, fc.nat(), fc.constantFrom(...alphabet, ' '), (given, place, character) => {
        const token = format.compose(given.id, given.secret);
        expect(token).toHaveLength(length);
        expect(format.parse(token)).toEqual(given);
        const at = place % length;
        const edit = token.slice(0, at) + character + token.slice(at + 1);
        expect(format.parse(edit)).toEqual(edit === token ? given : null);
      }),
    );
  });
});

describe('isWrittenIn', () => {
  it('wants every character and the length', () => {
    const charset = { alphabet: 'ab-', length: 3 };
    expect(isWrittenIn(charset, 'a-b')).toBe(true);
    expect(['ab', 'abab', 'abc', 'ab\n', ''].filter((text) => isWrittenIn(charset, text))).toEqual([]);
    expect(new RegExp(`^${toPattern(charset)}$`).test('a-b')).toBe(true);
    expect(new RegExp(`^${toPattern(charset)}$`).test('a.b')).toBe(false);
  });
});
