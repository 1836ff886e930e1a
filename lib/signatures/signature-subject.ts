import type { VerifiableKey } from '../domain/api-key.js';
import { identityOf, type ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { VerifiableCredential } from '../domain/credential.js';
import type { Allowed } from '../domain/verdict.js';
import type { Subject } from '../verify/decide-request.js';
import type { PreparedKey } from '../verify/prepared-key.js';

/** One version of a key that was proven by a signature. */
export class SignatureSubject implements Subject {
  readonly #prepared: PreparedKey;
  #apiKey: ApiKeyIdentity | undefined;

  constructor(prepared: PreparedKey) {
    this.#prepared = prepared;
  }

  get key(): VerifiableKey {
    return this.#prepared.key;
  }

  get heldScopes(): ReadonlySet<string> {
    return this.#prepared.heldScopes;
  }

  get limitsAddresses(): boolean {
    return this.#prepared.limitsAddresses;
  }

  allowsAddress(canonical: string | null): boolean {
    return this.#prepared.allowsAddress(canonical);
  }

  allowedBy(credential: VerifiableCredential): Allowed {
    this.#apiKey ??= identityOf(this.key, { ...this.key, via: 'signature' });
    return Object.freeze({ ...this.#prepared.allowedBy(credential), apiKey: this.#apiKey });
  }
}
