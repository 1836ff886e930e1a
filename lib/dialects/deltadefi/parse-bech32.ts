import { InvalidFieldError } from '../../domain/key-fields.js';

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const checksumLength = 6;
/** Addresses of Cardano have 108 characters at most; Bitcoin's limit of 90 does not hold there. */
const maxLength = 200;

/**
 * Parses an address in bech32 (BIP 173) and returns it in lower case: upper case is the same address.
 *
 * @throws InvalidFieldError that does not repeat the value
 */
export function parseBech32(value: unknown): string {
  if (typeof value !== 'string') throw new InvalidFieldError('must be a string');
  const address = value.toLowerCase();
  const isOneCase = value === address || value === value.toUpperCase();
  if (!isOneCase || value.length > maxLength || !hasValidChecksum(address)) {
    throw new InvalidFieldError('must be an address in bech32');
  }
  return address;
}

function hasValidChecksum(address: string): boolean {
  const separatorAt = address.lastIndexOf('1');
  const head = address.slice(0, Math.max(separatorAt, 0));
  const data = Array.from(address.slice(separatorAt + 1), (character) => alphabet.indexOf(character));
  const isShaped = /^[\x21-\x7e]{1,83}$/.test(head) && data.length >= checksumLength && !data.includes(-1);
  if (!isShaped) return false;
  const codes = Array.from(head, (character) => character.charCodeAt(0));
  return (
    computePolynomial([...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...data]) ===
    1
  );
}

function computePolynomial(values: readonly number[]): number {
  let checksum = 1;
  for (const value of values) {
    const top = checksum >>> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of generators.entries()) if ((top >>> bit) & 1) checksum ^= generator;
  }
  return checksum;
}
