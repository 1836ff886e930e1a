import type { VerifiableCredential } from '../domain/credential.js';
import type { UseCounter } from '../verify/record-use.js';
import type { TokenSubject } from './token-subject.js';

/** A token whose signature was right and that had not been taken back, for one version of its key. */
export interface ProvenAccessToken {
  readonly subject: TokenSubject;
  readonly credential: VerifiableCredential;
  readonly uses: UseCounter;
}

/**
 * Tokens that this process has checked, by their digests. An entry counts only while the very version of the key that it
 * was made for is still held: every change of the key, and every token of it that is taken back, ends that.
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
