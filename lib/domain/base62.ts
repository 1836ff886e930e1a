/** Digits, upper case, lower case: the alphabet of ids, secrets and checksums. It holds no separator. */
export const base62Alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
