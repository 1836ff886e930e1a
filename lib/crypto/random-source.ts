import { randomBytes } from 'node:crypto';
import { base62Alphabet, type Charset } from '../domain/charset.js';
import type { RandomSource } from '../ports/random-source.js';

/** Creates a source of characters from the operating system's CSPRNG; one of base62 carries log2(62) = 5.95 bits. */
export function createRandomSource(): RandomSource {
  return { draw, base62: (length) => draw({ alphabet: base62Alphabet, length }) };
}

function draw({ alphabet, length }: Charset): string {
  // Bytes from here on would favor the first characters of the alphabet. They are rejected.
  const unbiasedBytes = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    // With base62, one byte in 32 is rejected; drawing slightly more than is missing usually suffices.
    for (const byte of randomBytes(Math.ceil((length - text.length) * 1.1) + 4)) {
      if (byte < unbiasedBytes && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
