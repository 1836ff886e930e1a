/** The alphabet and length of one part of a token. */
export interface Charset {
  /** 2 to 64 different characters. */
  readonly alphabet: string;
  /** In characters. */
  readonly length: number;
}

/** Digits, upper case, lower case: the alphabet of ids, secrets and checksums. It contains no separator. */
export const base62Alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Digits and lower case. */
export const base36Alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
/** Base64url (RFC 4648 section 5): base62, `-` and `_`. */
export const base64urlAlphabet: string = `${base62Alphabet}-_`;

/** Whether a string has exactly this length and only characters of this alphabet. */
export function isWrittenIn({ alphabet, length }: Charset, text: string): boolean {
  if (text.length !== length) return false;
  for (const character of text) if (!alphabet.includes(character)) return false;
  return true;
}

/** Returns the source of a regular expression that matches strings of this alphabet and length. */
export function toPattern({ alphabet, length }: Charset): string {
  const characters = alphabet.replace(/[-\\\]^]/g, String.raw`\$&`);
  return `[${characters}]{${length}}`;
}

/** Encodes a non-negative integer, padded on the left; digits that do not fit are dropped. */
export function writeNumber(value: number, { alphabet, length }: Charset): string {
  let rest = value;
  let text = '';
  while (text.length < length) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}
