import type { VerifiableCredential } from '../domain/credential.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { NonceStore } from '../ports/nonce-store.js';
import type { JwtKeys } from '../ports/jwt-signer.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import type { PreparedKey } from '../verify/prepared-key.js';
import type { VerifyPorts } from '../verify/verify-api-key.js';
import type { TokenBudget } from './token-budget.js';
import type { TokenPolicy } from './token-ports.js';

/** The ports of client authentication. */
export interface ClientPorts extends VerifyPorts {
  /** The keyspace whose keys are clients. */
  readonly keyspace: Keyspace;
  readonly nonces: NonceStore;
  readonly jwtKeys: JwtKeys;
  /** Opens sealed signing secrets. */
  readonly sealer: SecretSealer;
  readonly policy: TokenPolicy;
  readonly budget: TokenBudget;
}

/** A proven key and the credential that proved it. */
export interface ProvenClient {
  readonly prepared: PreparedKey;
  readonly credential: VerifiableCredential;
}
