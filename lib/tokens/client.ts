import type { VerifiableCredential } from '../domain/credential.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { NonceStore } from '../ports/nonce-store.js';
import type { JwtKeys } from '../ports/jwt-signer.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import type { PreparedKey } from '../verify/prepared-key.js';
import type { VerifyPorts } from '../verify/verify-api-key.js';
import type { TokenBudget } from './token-budget.js';
import type { TokenPolicy } from './token-ports.js';

/** What authenticating clients needs from outside. */
export interface ClientPorts extends VerifyPorts {
  /** Whose keys are clients. */
  readonly keyspace: Keyspace;
  readonly nonces: NonceStore;
  readonly jwtKeys: JwtKeys;
  /** Opens secrets that sign. */
  readonly sealer: SecretSealer;
  readonly policy: TokenPolicy;
  readonly budget: TokenBudget;
}

/** A key that was proven, and with what. */
export interface ProvenClient {
  readonly prepared: PreparedKey;
  readonly credential: VerifiableCredential;
}
