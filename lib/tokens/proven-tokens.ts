import type { VerifiableCredential } from '../domain/credential.js';
import { RecentMap } from '../domain/two-generations.js';
import type { CacheEntry } from '../verify/local-cache.js';
import type { UseCounter } from '../verify/record-use.js';
import type { TokenSubject } from './token-subject.js';

/** A token with a valid signature that was not revoked, for one version of its key. */
export interface ProvenAccessToken {
  readonly subject: TokenSubject;
  readonly credential: VerifiableCredential;
  readonly uses: UseCounter;
  /** The cached key at the time of the query for the revocation; `undefined` when the key was not cached. */
  readonly held: CacheEntry | undefined;
}

/**
 * Tokens that this process has verified, by their digests. An entry is valid only while its key has stayed cached without
 * interruption: every change of the key, and every revocation of one of its tokens, evicts the key. Comparing versions of the
 * key would not suffice, because the revocation of a token leaves the version as it is.
 */
export class ProvenTokens {
  readonly #tokens: RecentMap<ProvenAccessToken>;

  constructor(maxEntries: number) {
    this.#tokens = new RecentMap(maxEntries);
  }

  get(digest: string): ProvenAccessToken | undefined {
    return this.#tokens.get(digest);
  }

  add(digest: string, proven: ProvenAccessToken): void {
    this.#tokens.set(digest, proven);
  }
}
