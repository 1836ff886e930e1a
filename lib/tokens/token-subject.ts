import type { AccessToken } from '../domain/access-token.js';
import type { VerifiableKey } from '../domain/api-key.js';
import { identityOf } from '../domain/api-key-identity.js';
import { commonScopes } from '../domain/token-scope.js';
import type { Allowed } from '../domain/verdict.js';
import type { Subject } from '../verify/decide-request.js';
import type { PreparedKey } from '../verify/prepared-key.js';

/** What a token gives of one version of its key: the scopes of both, until the end of either. */
export class TokenSubject implements Subject {
  readonly prepared: PreparedKey;
  /** When the token ends, epoch milliseconds. */
  readonly expiresAt: number;
  readonly heldScopes: ReadonlySet<string>;
  readonly #allowed: Allowed;

  constructor(prepared: PreparedKey, token: AccessToken) {
    const { catalogue } = prepared;
    const scopes = commonScopes(token.scopes, prepared.key.scopes, catalogue);
    const expiresAt = Math.min(token.expiresAt, prepared.key.expiresAt ?? Infinity);
    this.prepared = prepared;
    this.expiresAt = token.expiresAt;
    this.heldScopes = catalogue.expand(scopes);
    this.#allowed = Object.freeze({
      allowed: true,
      apiKey: identityOf(prepared.key, { via: 'token', scopes, expiresAt }),
    });
  }

  get key(): VerifiableKey {
    return this.prepared.key;
  }

  allowsAddress(canonical: string | null): boolean {
    return this.prepared.allowsAddress(canonical);
  }

  allowedBy(): Allowed {
    return this.#allowed;
  }
}
