import type { VerifiableCredential } from '../domain/credential.js';
import { RecentMap } from '../domain/two-generations.js';
import type { CacheEntry } from '../verify/local-cache.js';
import type { UseCounter } from '../verify/record-use.js';
import type { TokenSubject } from './token-subject.js';

/** A token whose signature was right and that had not been taken back, for one version of its key. */
export interface ProvenAccessToken {
  readonly subject: TokenSubject;
  readonly credential: VerifiableCredential;
  readonly uses: UseCounter;
  /** The key as this process held it when it asked whether the token was taken back; `undefined` when it did not. */
  readonly held: CacheEntry | undefined;
}

/**
 * Tokens that this process has checked, by their digests. An entry counts only while its key has been held without a
 * break: every change of the key, and every token of it that is taken back, is one. The version of the key would not do,
 * for a token that is taken back leaves it as it is.
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
