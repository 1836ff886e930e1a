/** The salts of one key of another system, as text: what was put before its secret and behind it. */
export interface RowSalts {
  readonly before: string;
  readonly after: string;
}

/** What is stored of a fast hash with a salt of its own until the key is used: only with the pepper can secrets be compared. */
export interface SaltedDigest extends RowSalts {
  readonly pepperId: string;
  /** Of the hash that the other system stored, under that pepper. */
  readonly digest: string;
}

const head = '$salted$';

/** Writes one into the place of a slow hash, none of which begins so. */
export function formatSaltedDigest({ before, after, pepperId, digest }: SaltedDigest): string {
  return head + [encodeSalt(before), encodeSalt(after), pepperId, digest].join('$');
}

/** @returns `null` for every other hash */
export function parseSaltedDigest(stored: string): SaltedDigest | null {
  if (!stored.startsWith(head)) return null;
  const [before, after, pepperId, digest] = stored.slice(head.length).split('$');
  if (before === undefined || after === undefined || pepperId === undefined || digest === undefined)
    return null;
  return { before: decodeSalt(before), after: decodeSalt(after), pepperId, digest };
}

function encodeSalt(salt: string): string {
  return Buffer.from(salt).toString('base64url');
}

function decodeSalt(text: string): string {
  return Buffer.from(text, 'base64url').toString();
}
