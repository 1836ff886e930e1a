import type { VerifiableCredential } from '../domain/credential.js';
import type { Held } from '../verify/local-cache.js';
import type { UseCounter } from '../verify/record-use.js';
import type { TokenSubject } from './token-subject.js';

/** A token whose signature was right and that had not been taken back, for one version of its key. */
export interface ProvenAccessToken {
  readonly subject: TokenSubject;
  readonly credential: VerifiableCredential;
  readonly uses: UseCounter;
  /** The key as this process held it when it asked whether the token was taken back; `undefined` when it did not. */
  readonly held: Held | undefined;
}

/**
 * Tokens that this process has checked, by their digests. An entry counts only while its key has been held without a
 * break: every change of the key, and every token of it that is taken back, is one. The version of the key would not do,
 * for a token that is taken back leaves it as it is.
 */
export class ProvenTokens {
  readonly #maxEntries: number;
  #young = new Map<string, ProvenAccessToken>();
  #old = new Map<string, ProvenAccessToken>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get(digest: string): ProvenAccessToken | undefined {
    const young = this.#young.get(digest);
    if (young !== undefined) return young;
    const old = this.#old.get(digest);
    if (old !== undefined) this.add(digest, old);
    return old;
  }

  add(digest: string, proven: ProvenAccessToken): void {
    if (this.#young.size * 2 >= this.#maxEntries) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(digest, proven);
  }
}
