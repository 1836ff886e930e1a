import type { ApiKeyRecord } from '../domain/api-key.js';
import type { CreditBalance } from '../domain/credits.js';
import type { OwnerCeilings } from '../domain/owner-ceilings.js';
import type { KeyStore } from '../ports/key-store.js';

/** Reads the balances of the keys above some keys, each of them once, where there is a ceiling on credits. */
export class CreditsAbove {
  readonly #store: Pick<KeyStore, 'find'>;
  readonly #balances = new Map<string, CreditBalance | null>();

  constructor(store: Pick<KeyStore, 'find'>) {
    this.#store = store;
  }

  /** @param ceilings - what the key is compared with: balances decide only under a ceiling on credits */
  async read(
    { ancestors, ownerId }: Pick<ApiKeyRecord, 'ancestors' | 'ownerId'>,
    ceilings: readonly Pick<OwnerCeilings, 'credits'>[],
  ): Promise<readonly CreditBalance[]> {
    if (ceilings.every(({ credits }) => credits === null)) return [];
    const paying = ancestors.filter(({ hasCredits }) => hasCredits);
    for (const { id } of paying) {
      if (!this.#balances.has(id)) {
        this.#balances.set(id, (await this.#store.find(id, ownerId))?.credits ?? null);
      }
    }
    return paying.flatMap(({ id }) => this.#balances.get(id) ?? []);
  }
}
