import { createHash } from 'node:crypto';
import { base64urlAlphabet, isWrittenIn, type Charset } from '../../domain/charset.js';

/** Ids of keys: 60 bits. */
export const nebulaId: Charset = { alphabet: base64urlAlphabet, length: 10 };

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const bitsPerCharacter = 6n;
const idBits = BigInt(nebulaId.length) * bitsPerCharacter;

/**
 * The UUID by which clients know a key, so that nothing has to be stored to find it again: where a version 4 (RFC 9562) has
 * 122 random bits, this one has the 60 of the id, which are random, and then 62 of its hash.
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

/** The id behind such a UUID, in either case; `null` when it is none that a key could have. */
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
