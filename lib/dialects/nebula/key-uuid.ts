import { createHash } from 'node:crypto';
import { base64urlAlphabet, isWrittenIn, type Charset } from '../../domain/charset.js';

/** The format of key ids: 60 bits. */
export const nebulaId: Charset = { alphabet: base64urlAlphabet, length: 10 };

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const bitsPerCharacter = 6n;
const idBits = BigInt(nebulaId.length) * bitsPerCharacter;

/**
 * Derives the UUID of a key for clients, so that no mapping has to be stored: instead of the 122 random bits of a version 4 UUID
 * (RFC 9562), it has the 60 random bits of the id, and then 62 bits of its hash.
 */
export function toKeyUuid(id: string): string {
  let number = 0n;
  for (const character of id) {
    number = (number << bitsPerCharacter) | BigInt(base64urlAlphabet.indexOf(character));
  }
  const head = number.toString(16).padStart(15, '0');
  const hash = createHash('sha256').update(`nebula key ${id}`).digest().readBigUInt64BE();
  const tail = ((hash & 0x3fff_ffff_ffff_ffffn) | 0x8000_0000_0000_0000n).toString(16);
  return [head.slice(0, 8), head.slice(8, 12), `4${head.slice(12)}`, tail.slice(0, 4), tail.slice(4)].join(
    '-',
  );
}

/** The key id of such a UUID, in either case; `null` when no key could have this UUID. */
export function parseKeyUuid(text: string): string | null {
  const uuid = text.toLowerCase();
  if (!uuidPattern.test(uuid)) return null;
  const number = BigInt(`0x${uuid.slice(0, 8)}${uuid.slice(9, 13)}${uuid.slice(15, 18)}`);
  let id = '';
  for (let bits = idBits - bitsPerCharacter; bits >= 0n; bits -= bitsPerCharacter) {
    id += base64urlAlphabet.charAt(Number((number >> bits) & 63n));
  }
  return isWrittenIn(nebulaId, id) && toKeyUuid(id) === uuid ? id : null;
}
