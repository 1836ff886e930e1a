import { compileAllowlist } from '../domain/address.js';
import type { VerifiableKey } from '../domain/api-key.js';
import { identityOf, type ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';

/** One version of a key with what checking it needs, each part built when it is first asked for. */
export class PreparedKey {
  readonly key: VerifiableKey;
  readonly #catalogue: ScopeCatalogue;
  #identity: ApiKeyIdentity | undefined;
  #heldScopes: ReadonlySet<string> | undefined;
  #allows: ((canonical: string | null) => boolean) | undefined;

  constructor(key: VerifiableKey, catalogue: ScopeCatalogue) {
    this.key = key;
    this.#catalogue = catalogue;
  }

  /** Who the caller is, frozen. */
  get identity(): ApiKeyIdentity {
    this.#identity ??= identityOf(this.key);
    return this.#identity;
  }

  /** Every scope of the catalogue that the key covers. */
  get heldScopes(): ReadonlySet<string> {
    this.#heldScopes ??= this.#catalogue.expand(this.key.scopes);
    return this.#heldScopes;
  }

  /** Whether the key may be used from an address in canonical form; an unknown address is not allowed. */
  allowsAddress(canonical: string | null): boolean {
    this.#allows ??= compileAllowlist(this.key.ipAllowlist ?? []);
    return this.#allows(canonical);
  }
}
