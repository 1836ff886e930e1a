import type { TokenParties } from '../domain/access-token.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { KeyFormat } from '../domain/key-format.js';
import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { RandomSource } from '../ports/random-source.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { SigningKeys } from './signing-keys.js';
import type { TokenBudget } from './token-budget.js';

/** How tokens are given. */
export interface TokenPolicy extends TokenParties {
  /** For keys that say nothing of it. */
  readonly lifetimeSeconds: number;
  /** How long a chain of refresh tokens lives in all, in seconds. */
  readonly refreshLifetimeSeconds: number;
}

/** What the token commands need from outside. */
export interface TokenPorts {
  readonly store: KeyStore;
  readonly changes: ChangeAnnouncer;
  readonly signingKeys: SigningKeys;
  /** How refresh tokens are written. */
  readonly refreshFormat: KeyFormat;
  readonly random: RandomSource;
  readonly digester: SecretDigester;
  readonly clock: Clock;
  readonly keyspace: Keyspace;
  readonly policy: TokenPolicy;
  readonly budget: TokenBudget;
}
