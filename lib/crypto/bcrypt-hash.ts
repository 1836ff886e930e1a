/** Minimum and maximum cost of accepted hashes: 8 is 4 times cheaper than 10, 14 is 16 times more expensive. */
export const minBcryptCost = 8;
export const maxBcryptCost = 14;

/** Other systems may have used a lower one. */
const minImportedCost = 4;
/** bcrypt ignores what comes after so many bytes: two secrets with the same beginning would be one. */
const maxImportedBytes = 72;

const bcryptHash = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/;

/**
 * Whether a stored value is a bcrypt hash that may be compared. bcryptjs throws on some malformed hashes, and a hash with
 * cost 31, planted in a database, would keep it busy for weeks.
 */
export function isComparableHash(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const cost = readCost(text);
  return cost >= minBcryptCost && cost <= maxBcryptCost;
}

/** The same for a hash that another system has made. */
export function isImportableHash(text: string): boolean {
  const cost = readCost(text);
  return cost >= minImportedCost && cost <= maxBcryptCost;
}

/** Whether bcrypt tells a secret from every other one. */
export function isWithinBcrypt(secret: string): boolean {
  return Buffer.byteLength(secret) <= maxImportedBytes && !secret.includes('\0');
}

/** NaN when it is none. */
function readCost(text: string): number {
  return Number(bcryptHash.exec(text)?.[1]);
}
