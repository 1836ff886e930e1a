import { randomBytes } from 'node:crypto';
import { base62Alphabet } from '../domain/base62.js';
import type { RandomSource } from '../ports/random-source.js';

/** 4 * 62: bytes from here on would make the first characters of the alphabet likelier. They are drawn again. */
const unbiasedBytes = 248;

/** Base62 characters from the operating system's CSPRNG; every character carries log2(62) = 5.95 bits. */
export function createRandomSource(): RandomSource {
  return {
    base62(length) {
      let text = '';
      while (text.length < length) {
        // One byte in 32 is thrown away on average; a little more than is missing usually suffices in one draw.
        for (const byte of randomBytes(Math.ceil((length - text.length) * 1.1) + 4)) {
          if (byte < unbiasedBytes && text.length < length) text += base62Alphabet.charAt(byte % 62);
        }
      }
      return text;
    },
  };
}
