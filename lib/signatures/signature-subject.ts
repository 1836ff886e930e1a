import type { VerifiableKey } from '../domain/api-key.js';
import { createIdentity, type ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { VerifiableCredential } from '../domain/credential.js';
import type { AllowsBinding } from '../domain/named-resources.js';
import type { Allowed } from '../domain/verdict.js';
import type { Subject } from '../verify/decide-request.js';
import type { PreparedKey } from '../verify/prepared-key.js';

/** One version of a key that was authenticated by a signature. */
export class SignatureSubject implements Subject {
  readonly #prepared: PreparedKey;
  readonly #identities = new Map<string, ApiKeyIdentity>();

  constructor(prepared: PreparedKey) {
    this.#prepared = prepared;
  }

  get key(): VerifiableKey {
    return this.#prepared.key;
  }

  get grantedScopes(): ReadonlySet<string> {
    return this.#prepared.grantedScopes;
  }

  losesScope(scope: string): boolean {
    return this.#prepared.losesScope(scope);
  }

  losesFeature(feature: string): boolean {
    return this.#prepared.losesFeature(feature);
  }

  losesBinding(allows: AllowsBinding): boolean {
    return this.#prepared.losesBinding(allows);
  }

  get limitsAddresses(): boolean {
    return this.#prepared.limitsAddresses;
  }

  allowsAddress(canonical: string | null): boolean {
    return this.#prepared.allowsAddress(canonical);
  }

  allowedBy(credential: VerifiableCredential): Allowed {
    return Object.freeze({ ...this.#prepared.allowedBy(credential), apiKey: this.#identityBy(credential) });
  }

  /** Cached: a key has few credentials, and each is used many times. */
  #identityBy({ id: credentialId }: VerifiableCredential): ApiKeyIdentity {
    let identity = this.#identities.get(credentialId);
    if (identity === undefined) {
      identity = createIdentity(this.key, { via: 'signature', credentialId }, this.#prepared.resources);
      this.#prepared.boundRoutes(identity, this.key.scopes);
      this.#identities.set(credentialId, identity);
    }
    return identity;
  }
}
