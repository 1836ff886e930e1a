import type { TokenParties } from '../domain/access-token.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { KeyFormat } from '../domain/key-format.js';
import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { Clock } from '../ports/clock.js';
import type { QueuedStore } from '../ports/queued-store.js';
import type { RandomSource } from '../ports/random-source.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';
import type { ProtectedResources } from './protected-resources.js';
import type { SigningKeys } from './signing-keys.js';
import type { TokenBudget } from './token-budget.js';

/** The policy for issuing tokens. */
export interface TokenPolicy extends TokenParties {
  /** Where the token endpoints are: a path below the issuer. */
  readonly endpoints: string;
  /** The scope with which a key may introspect tokens and keys of all others; `null`: none may. */
  readonly introspectionScope: string | null;
  /** Lifetime of access tokens of keys without a lifetime of their own, in seconds. */
  readonly lifetimeSeconds: number;
  /** Total lifetime of a chain of refresh tokens, in seconds. */
  readonly refreshLifetimeSeconds: number;
}

/** The ports of the token commands. */
export interface TokenPorts {
  readonly store: QueuedStore;
  readonly changes: ChangeAnnouncer;
  readonly signingKeys: SigningKeys;
  /** The format of refresh tokens. */
  readonly refreshFormat: KeyFormat;
  readonly random: RandomSource;
  readonly digester: SecretDigester;
  readonly clock: Clock;
  readonly keyspace: Keyspace;
  readonly policy: TokenPolicy;
  readonly budget: TokenBudget;
  /** What tokens can be restricted to. */
  readonly resources: ProtectedResources;
  /** The longest lifetime that tokens have now, in any keyspace. */
  readonly maxLifetimeSeconds: () => number;
  /** Verify what is introspected. */
  readonly keyVerifier: ApiKeyVerifier;
  readonly tokenVerifier: ApiKeyVerifier;
}
