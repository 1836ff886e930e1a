import { crc32 } from 'node:zlib';
import { toBase62 } from './base62.js';

/** Length of a key's id in a native token. */
export const idLength = 16;
/** Length of the secret: 43 base62 characters hold 256 bits. */
export const secretLength = 43;
const checksumLength = 6;
const tailLength = idLength + secretLength + checksumLength;

/** The two parts of a token that was well formed. */
export interface ParsedToken {
  readonly id: string;
  readonly secret: string;
}

/** How the tokens of one keyspace and one environment are written and read. */
export interface KeyFormat {
  /** All before the id, for example `acme_live_`. */
  readonly head: string;
  /** Length of every token of this format, in characters. */
  readonly length: number;
  /** Matches every token of this format (the checksum is not looked at); for secret scanners. */
  readonly pattern: RegExp;
  /** Writes a token, checksum included. */
  compose(id: string, secret: string): string;
  /** Reads a token by position; `null` when the head, the alphabet, the length or the checksum is wrong. */
  parse(token: string): ParsedToken | null;
  /** Whether a text claims to be one of these tokens, well formed or not. */
  recognises(text: string): boolean;
}

/**
 * `<prefix>_<environment>_<id><secret><checksum>`. Parts are found by position from the end, and the alphabet holds
 * no separator, so no key is ever split in a wrong place. The checksum is CRC32 in base62 over all before it, as in
 * GitHub's tokens: it refuses typos and junk without a look-up and decides nothing else.
 *
 * @see https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export function createKeyFormat(prefix: string, environment: string): KeyFormat {
  const brand = `${prefix}_`;
  const head = `${prefix}_${environment}_`;
  const length = head.length + tailLength;
  const pattern = new RegExp(`^${head}[0-9A-Za-z]{${tailLength}}$`);

  return {
    head,
    length,
    pattern,

    compose(id, secret) {
      const body = head + id + secret;
      return body + checksumOf(body);
    },

    parse(token) {
      if (token.length !== length || !pattern.test(token)) return null;
      const checksumAt = length - checksumLength;
      if (token.slice(checksumAt) !== checksumOf(token.slice(0, checksumAt))) return null;
      const secretAt = head.length + idLength;
      return { id: token.slice(head.length, secretAt), secret: token.slice(secretAt, checksumAt) };
    },

    recognises(text) {
      return text.startsWith(brand);
    },
  };
}

function checksumOf(body: string): string {
  return toBase62(crc32(body), checksumLength);
}

/** What ids look like, in every format. */
export const keyIdPattern: RegExp = /^[0-9A-Za-z_-]{1,64}$/;

/** Whether a text can be the id of a key, in any keyspace. What cannot is answered like an unknown id. */
export function isKeyId(text: string): boolean {
  return keyIdPattern.test(text);
}
