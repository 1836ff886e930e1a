import { base62Alphabet } from '../../domain/charset.js';
import type { KeyFormat } from '../../domain/key-format.js';
import { createPairFormat } from '../../domain/pair-format.js';

/** `api_key` is `yativo_` and 48 characters, the last six of them a checksum; `api_secret` is 64: more than 380 bits. */
export const yativoFormat: KeyFormat = createPairFormat({
  head: 'yativo_',
  id: { alphabet: base62Alphabet, length: 42 },
  secret: { alphabet: base62Alphabet, length: 64 },
  checksumLength: 6,
});

const keyIdHead = 'key_';

/** The `key_id` of a key. */
export function toKeyId(id: string): string {
  return keyIdHead + id;
}

/** Parses the id in a path: a `key_id`, with or without its prefix, or an `api_key`. There may be no such key. */
export function parsePathId(text: string): string {
  if (text.startsWith(keyIdHead)) return text.slice(keyIdHead.length);
  return yativoFormat.parseClientId(text) ?? text;
}

/** Extracts the `api_secret` from a whole token, which is `api_key:api_secret`. */
export function extractSecret(token: string): string | null {
  return yativoFormat.parse(token)?.secret ?? null;
}
