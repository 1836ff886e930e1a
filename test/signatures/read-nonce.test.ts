import { randomBytes } from 'node:crypto';
import { readNonce } from '../../lib/signatures/read-nonce.js';

describe('nonces', () => {
  it('R80 are the same bytes in every spelling', () => {
    for (let length = 16; length <= 64; length += 1) {
      const bytes = randomBytes(length);
      const base64 = bytes.toString('base64');
      for (const text of [base64, base64.replace(/=+$/, ''), bytes.toString('base64url')]) {
        expect(readNonce(text)?.equals(bytes)).toBe(true);
      }
    }
    expect(readNonce('550e8400-e29b-41d4-a716-446655440000')).not.toBe(null);
  });

  it.each([
    ['nothing', ''],
    ['too few bytes', randomBytes(15).toString('base64')],
    ['too many bytes', randomBytes(65).toString('base64')],
    ['bits that say nothing', 'AAAAAAAAAAAAAAAAAAAAAB'],
    ['other characters', `${randomBytes(18).toString('base64')}!`],
    ['blanks', `${randomBytes(18).toString('base64')} `],
    ['both alphabets', `+_${'A'.repeat(22)}`],
    ['too much padding', `${randomBytes(18).toString('base64')}=`],
    ['padding in base64url of another length', `${randomBytes(17).toString('base64url')}==`],
  ])('R80 are refused: %s', (_what, text) => {
    expect(readNonce(text)).toBe(null);
  });
});
