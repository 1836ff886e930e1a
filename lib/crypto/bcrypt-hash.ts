/** Minimum and maximum cost of accepted hashes: 8 is 4 times cheaper than 10, 14 is 16 times more expensive. */
export const minBcryptCost = 8;
export const maxBcryptCost = 14;

const bcryptHash = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/;

/**
 * Whether a stored value is a bcrypt hash that may be compared. bcryptjs throws on some malformed hashes, and a hash with
 * cost 31, planted in a database, would keep it busy for weeks.
 */
export function isComparableHash(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const cost = Number(bcryptHash.exec(text)?.[1]);
  return cost >= minBcryptCost && cost <= maxBcryptCost;
}
