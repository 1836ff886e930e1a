/** Long runs of the characters of secrets: base62, base64url, hexadecimal. Every key of every keyspace contains one. */
const longRun = /[A-Za-z0-9_+=-]{20,}/g;
const uuid = /(?<![A-Za-z0-9])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![A-Za-z0-9])/gi;

/** Replaces everything that was removed. */
export const redacted = '[redacted]';

/**
 * Redacts everything that may be a secret: 20 or more characters in a row that are neither words and numbers, such as
 * `connection-pool-2`, nor a UUID. ULIDs, trace ids and hashes are redacted too, as nothing distinguishes them from a
 * secret.
 */
export function redactSecrets(text: string): string {
  if (text.length < 20) return text;
  const uuids: string[] = [];
  // The placeholders consist of characters that are not part of a run.
  const rest = text.replace(uuid, (found) => `\u0000${uuids.push(found) - 1}\u0000`);
  const cleaned = rest.replace(longRun, (run) => (isWords(run) ? run : redacted));
  // eslint-disable-next-line no-control-regex
  return cleaned.replace(/\u0000(\d+)\u0000/g, (_, index: string) => uuids[Number(index)] ?? '');
}

/** Whether a string contains anything that {@link redactSecrets} redacts. */
export function maySecretBeIn(text: string): boolean {
  return redactSecrets(text) !== text;
}

/**
 * Whether a string may be a secret that dots or colons divide into pieces too short to be redacted: 20 or more characters of pieces
 * next to each other that are neither words nor numbers. Host names, versions, and UUIDs with a prefix are none.
 */
export function maySecretBeSplitIn(text: string): boolean {
  let length = 0;
  for (const piece of text.replace(uuid, '').split(/[.:]/)) {
    length = isWords(piece) ? 0 : length + piece.length;
    if (length >= 20) return true;
  }
  return false;
}

function isWords(run: string): boolean {
  return run.split(/[_+=-]+/).every((part) => isNumber(part) || isWord(part));
}

function isNumber(part: string): boolean {
  return part.length < 20 && /^\d*$/.test(part);
}

/** Letters only; in a compound word, such as `idleTimeoutMillis`, most letters are lower case. */
function isWord(part: string): boolean {
  if (!/^[A-Za-z]+$/.test(part)) return false;
  const capitals = part.replace(/[a-z]+/g, '').length;
  return capitals === part.length || capitals <= Math.max(1, part.length / 5);
}
