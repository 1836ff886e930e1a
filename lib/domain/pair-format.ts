import { crc32 } from 'node:zlib';
import { isWrittenIn, toPattern, writeNumber, type Charset } from './charset.js';
import type { KeyFormat } from './key-format.js';

/** The parts of a key that is a pair of client id and secret. */
export interface PairFormatParts {
  /** What client ids begin with; may be empty. */
  readonly head: string;
  readonly id: Charset;
  readonly secret: Charset;
  /** How many characters of the id's alphabet are appended to client ids as a checksum against typos; 0 for none. */
  readonly checksumLength: number;
}

/** Separates the two in a single string, as in Basic authentication (RFC 7617 section 2). */
const separator = ':';

/**
 * The format of keys that are shown as two strings: `<head><id><checksum>`, which is not a secret, and `<secret>`. In a
 * single string they are separated by a colon.
 */
export function createPairFormat({ head, id, secret, checksumLength }: PairFormatParts): KeyFormat {
  const checksum: Charset = { alphabet: id.alphabet, length: checksumLength };
  const clientIdLength = head.length + id.length + checksumLength;
  const pattern = new RegExp(
    `^${head}${toPattern({ ...id, length: id.length + checksumLength })}${separator}${toPattern(secret)}$`,
  );

  function toClientId(keyId: string): string {
    const body = head + keyId;
    return body + writeNumber(crc32(body), checksum);
  }

  function parseClientId(clientId: string): string | null {
    const keyId = clientId.slice(head.length, head.length + id.length);
    return isWrittenIn(id, keyId) && clientId === toClientId(keyId) ? keyId : null;
  }

  function parsePair(clientId: string, keySecret: string): { id: string; secret: string } | null {
    const keyId = isWrittenIn(secret, keySecret) ? parseClientId(clientId) : null;
    return keyId === null ? null : { id: keyId, secret: keySecret };
  }

  return {
    head,
    length: clientIdLength + separator.length + secret.length,
    id,
    secret,
    pattern,
    toClientId,
    parseClientId,
    parsePair,
    compose: (keyId, keySecret) => toClientId(keyId) + separator + keySecret,
    parse: (token) =>
      pattern.test(token)
        ? parsePair(token.slice(0, clientIdLength), token.slice(clientIdLength + separator.length))
        : null,
    recognises: (text) => pattern.test(text),
    lastFourOf: (token) => token.slice(clientIdLength - 4, clientIdLength),
  };
}
