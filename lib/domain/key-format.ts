import { crc32 } from 'node:zlib';
import { base62Alphabet, isWrittenIn, toPattern, writeNumber, type Charset } from './charset.js';

/** Length of a key's id in a native token. */
export const idLength = 16;
/** Length of the secret: 43 base62 characters encode 256 bits. */
export const secretLength = 43;

/** The two parts of a well-formed token. */
export interface ParsedToken {
  readonly id: string;
  readonly secret: string;
}

/** How the tokens of one keyspace and one environment are composed and parsed. */
export interface KeyFormat {
  /** Everything before the id, for example `acme_live_`. */
  readonly head: string;
  /** Length of every token of this format, in characters. */
  readonly length: number;
  /** The characters and length of key ids. */
  readonly id: Charset;
  /** The characters and length of secrets: at least 128 bits. */
  readonly secret: Charset;
  /** Matches every token of this format (the checksum is not verified); for secret scanners. */
  readonly pattern: RegExp;
  /** Composes a token, including its checksum. */
  compose(id: string, secret: string): string;
  /** Parses a token by position; `null` if the head, the alphabet, the length or the checksum is invalid. */
  parse(token: string): ParsedToken | null;
  /** The id by which clients refer to a key; not a secret. */
  toClientId(id: string): string;
  /** The key id that a client id stands for; `null` if it is not one. */
  parseClientId(clientId: string): string | null;
  /** Parses a client id and a secret that were sent as two strings. */
  parsePair(clientId: string, secret: string): ParsedToken | null;
  /** Whether a string claims to be one of these tokens, well-formed or not. */
  recognises(text: string): boolean;
  /** The last four characters of a token that do not belong to its secret. */
  lastFourOf(token: string): string;
}

/** The parts of a token that is a single string. */
export interface CheckedFormatParts {
  readonly head: string;
  /** The prefix by which a string claims to be such a token. Default: the head. */
  readonly brand?: string;
  readonly alphabet: string;
  /** How many characters of the alphabet each part takes; a checksum of 32 bits must fit. */
  readonly lengths: { readonly id: number; readonly secret: number; readonly checksum: number };
}

/**
 * `<head><id><secret><checksum>`. Parts are located by position from the end, so no key is ever split in the wrong place.
 * The checksum is CRC32 over everything before it, as in GitHub's tokens: it rejects typos and junk without a query, and
 * serves no other purpose.
 *
 * @see https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export function createCheckedFormat(parts: CheckedFormatParts): KeyFormat {
  const { head, brand = head, alphabet, lengths } = parts;
  const id: Charset = { alphabet, length: lengths.id };
  const secret: Charset = { alphabet, length: lengths.secret };
  const checksum: Charset = { alphabet, length: lengths.checksum };
  const tail: Charset = { alphabet, length: id.length + secret.length + checksum.length };
  const length = head.length + tail.length;
  const pattern = new RegExp(`^${head}${toPattern(tail)}$`);
  const computeChecksum = (body: string): string => writeNumber(crc32(body), checksum);

  return {
    head,
    length,
    id,
    secret,
    pattern,

    compose(keyId, keySecret) {
      const body = head + keyId + keySecret;
      return body + computeChecksum(body);
    },

    parse(token) {
      if (token.length !== length || !pattern.test(token)) return null;
      const checksumAt = length - checksum.length;
      if (token.slice(checksumAt) !== computeChecksum(token.slice(0, checksumAt))) return null;
      const secretAt = head.length + id.length;
      return { id: token.slice(head.length, secretAt), secret: token.slice(secretAt, checksumAt) };
    },

    toClientId: (keyId) => keyId,
    parseClientId: (clientId) => (isWrittenIn(id, clientId) ? clientId : null),

    parsePair(clientId, keySecret) {
      const isShaped = isWrittenIn(id, clientId) && isWrittenIn(secret, keySecret);
      return isShaped ? { id: clientId, secret: keySecret } : null;
    },

    recognises: (text) => text.startsWith(brand),
    // They belong to the checksum.
    lastFourOf: (token) => token.slice(-4),
  };
}

/** The native format: `<prefix>_<environment>_<id><secret><checksum>`; the alphabet contains no separator. */
export function createKeyFormat(prefix: string, environment: string): KeyFormat {
  return createCheckedFormat({
    head: `${prefix}_${environment}_`,
    brand: `${prefix}_`,
    alphabet: base62Alphabet,
    lengths: { id: idLength, secret: secretLength, checksum: 6 },
  });
}

/** Grammar of key ids, in every format. */
export const keyIdPattern: RegExp = /^[0-9A-Za-z_-]{1,64}$/;

/** Whether a string can be the id of a key, in any keyspace. Any other string is treated as an unknown id. */
export function isKeyId(text: string): boolean {
  return keyIdPattern.test(text);
}
