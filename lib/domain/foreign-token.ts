import type { Charset } from './charset.js';
import type { ForeignComparison, ForeignKey } from './foreign-format.js';
import type { ParsedToken } from './key-format.js';

/** The fast digests of secrets, as `ports/secret-digester.ts` has them. */
interface KeyedDigester {
  readonly pepperIds: readonly string[];
  digest(pepperId: string, environment: string, id: string, secret: string): string;
}

/** Neither an id nor a secret of our own formats contains NUL, so none can be taken for the other. */
const mark = '\0imported\0';

/**
 * The id of the key that a key of another system becomes: a digest of its hash, or of its visible part, under a pepper. So it is found with one read by
 * primary key, the same key cannot be imported twice, and the id reveals nothing without the pepper.
 */
function deriveForeignId(
  digester: KeyedDigester,
  pepperId: string,
  environment: string,
  charset: Charset,
  place: string,
): string {
  const { alphabet, length } = charset;
  const base = BigInt(alphabet.length);
  let rest = BigInt(`0x${digester.digest(pepperId, environment, mark, place)}`);
  let id = '';
  while (id.length < length) {
    id += alphabet.charAt(Number(rest % base));
    rest /= base;
  }
  return id;
}

/** What takes the place of the secret where a hash of another system is digested. */
export function markHash(hash: string): string {
  return mark + hash;
}

/** What a key of another system stands for. */
export interface ForeignToken extends ParsedToken {
  /** How it is compared until it was used once; `null` when it is known by its digest from the start. */
  readonly comparison: ForeignComparison | null;
}

/** What a key of another system stands for, once for each pepper that it may have been imported under, the current one first. */
export function listForeignTokens(
  digester: KeyedDigester,
  environment: string,
  charset: Charset,
  { place, hash, comparison }: ForeignKey,
): readonly ForeignToken[] {
  return digester.pepperIds.map((pepperId) => ({
    id: deriveForeignId(digester, pepperId, environment, charset, place),
    secret: markHash(hash),
    comparison,
  }));
}
