import { compileAllowlist } from '../domain/address.js';
import type { AccessToken } from '../domain/access-token.js';
import type { VerifiableKey } from '../domain/api-key.js';
import { createIdentity } from '../domain/api-key-identity.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import type { AllowsBinding } from '../domain/named-resources.js';
import { findCommonScopes } from '../domain/token-scope.js';
import type { Allowed } from '../domain/verdict.js';
import type { Subject } from '../verify/decide-request.js';
import type { PreparedKey } from '../verify/prepared-key.js';

/**
 * The rights of a token for one version of its key: the scopes and addresses that both allow, until the earlier of the two
 * expiries.
 */
export class TokenSubject implements Subject {
  readonly prepared: PreparedKey;
  /** When the token expires, epoch milliseconds. */
  readonly expiresAt: number;
  /** The only resource that the token is for; `null`: any. */
  readonly resource: string | null;
  readonly grantedScopes: ReadonlySet<string>;
  readonly #tokenScopes: readonly string[];
  readonly #allowed: Allowed;
  /** Whether the token may be used from an address; `null`: wherever its key may be used. */
  readonly #allowsToken: ((canonical: string | null) => boolean) | null;

  constructor(prepared: PreparedKey, token: AccessToken) {
    const { catalogue } = prepared;
    const scopes = findCommonScopes(token.scopes, prepared.key.scopes, catalogue);
    const expiresAt = Math.min(token.expiresAt, getExpiresAt(prepared.key) ?? Infinity);
    this.prepared = prepared;
    this.expiresAt = token.expiresAt;
    this.resource = token.resource;
    this.grantedScopes = prepared.expand(scopes);
    this.#tokenScopes = token.scopes;
    const addresses = catalogue.tokenTerms?.addressesOf(token.scopes) ?? null;
    this.#allowsToken = addresses === null ? null : compileAllowlist(addresses);
    const apiKey = createIdentity(
      prepared.key,
      { via: 'token', credentialId: token.credentialId, scopes, expiresAt },
      prepared.resources,
    );
    prepared.boundRoutes(apiKey, scopes);
    this.#allowed = Object.freeze({ allowed: true, apiKey });
  }

  get key(): VerifiableKey {
    return this.prepared.key;
  }

  losesScope(scope: string): boolean {
    const { prepared } = this;
    return prepared.losesScope(scope) && prepared.catalogue.expand(this.#tokenScopes).has(scope);
  }

  losesFeature(feature: string): boolean {
    return this.prepared.losesFeature(feature);
  }

  losesBinding(allows: AllowsBinding): boolean {
    return this.prepared.losesBinding(allows);
  }

  get limitsAddresses(): boolean {
    return this.prepared.limitsAddresses || this.#allowsToken !== null;
  }

  allowsAddress(canonical: string | null): boolean {
    const { prepared } = this;
    if (prepared.limitsAddresses && !prepared.allowsAddress(canonical)) return false;
    return this.#allowsToken === null || this.#allowsToken(canonical);
  }

  allowedBy(): Allowed {
    return this.#allowed;
  }
}
