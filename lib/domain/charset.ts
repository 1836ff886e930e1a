/** What a part of a token is written in. */
export interface Charset {
  /** 2 to 64 different characters. */
  readonly alphabet: string;
  /** In characters. */
  readonly length: number;
}

/** Digits, upper case, lower case: the alphabet of ids, secrets and checksums. It holds no separator. */
export const base62Alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Digits and lower case. */
export const base36Alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
/** Base64url (RFC 4648 section 5): base62, `-` and `_`. */
export const base64urlAlphabet: string = `${base62Alphabet}-_`;

/** Whether a text is as long as it should be and holds nothing else. */
export function isWrittenIn({ alphabet, length }: Charset, text: string): boolean {
  if (text.length !== length) return false;
  for (const character of text) if (!alphabet.includes(character)) return false;
  return true;
}

/** A regular expression, as text, that matches what is written in it. */
export function patternOf({ alphabet, length }: Charset): string {
  const characters = alphabet.replace(/[-\\\]^]/g, String.raw`\$&`);
  return `[${characters}]{${length}}`;
}

/** Writes a non-negative integer, padded on the left; digits that have no room are left out. */
export function writeNumber(value: number, { alphabet, length }: Charset): string {
  let rest = value;
  let text = '';
  while (text.length < length) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}
