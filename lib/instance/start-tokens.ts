import { jwtKeys } from '../crypto/jwt-keys.js';
import type { Pepper } from '../crypto/peppers.js';
import { createRandomSource } from '../crypto/random-source.js';
import { createSecretSealer } from '../crypto/secret-sealer.js';
import { createKeyFormat } from '../domain/key-format.js';
import type { Keyspace } from '../domain/keyspace.js';
import { maxLifetimeSeconds } from '../domain/token-terms.js';
import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { ResolvedTokensOption } from '../options/tokens-option.js';
import { createClientAuthenticator } from '../tokens/authenticate-client.js';
import { limitClientFailures } from '../tokens/limit-client-failures.js';
import { limitTokenFailures } from '../tokens/limit-token-failures.js';
import { SigningKeys } from '../tokens/signing-keys.js';
import { createTokenBudget } from '../tokens/token-budget.js';
import { createTokenService, type TokenService } from '../tokens/token-service.js';
import { createTokenVerifier } from '../tokens/verify-token.js';
import type { LimitCounting } from '../verify/limit-counting.js';
import type { FailureLimits } from '../verify/try-within-budget.js';
import type { ApiKeyVerifier, VerifyPorts } from '../verify/verify-api-key.js';

/** Access tokens of a running instance. */
export interface RunningTokens {
  /** Its clients are the keys of the native keyspace. */
  readonly service: TokenService;
  /** The same for another keyspace. */
  readonly serviceOf: (keyspace: Keyspace) => TokenService;
  readonly verifier: ApiKeyVerifier;
}

/** What access tokens are made from. */
export interface StartTokensParts {
  readonly settings: ResolvedTokensOption;
  readonly prefix: string;
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly store: KeyStore;
  readonly changes: ChangeAnnouncer;
  readonly verify: VerifyPorts;
  /** `null`: any number of tries may fail. */
  readonly failures: FailureLimits | null;
  readonly counting: LimitCounting;
  readonly logger: Logger;
}

/** Upper case: no environment can be called that, so no key looks like a refresh token. */
const refreshEnvironment = 'REFRESH';

/** Puts access tokens together; it reads and writes nothing yet. */
export function startTokens(parts: StartTokensParts): RunningTokens {
  const { settings: policy, prefix, peppers, store, changes, verify, failures, counting, logger } = parts;
  const { clock, digester } = verify;
  const random = createRandomSource();
  const sealer = createSecretSealer(peppers);
  const signingKeys = new SigningKeys({
    ...{ store: store.tokens.signingKeys, keys: jwtKeys, random, clock, logger },
    sealer,
    algorithm: policy.algorithm,
    maxLifetimeSeconds: () =>
      Math.max(...verify.keyspaces.all().map(({ catalogue }) => maxLifetimeSeconds(catalogue))),
  });
  const refreshFormat = createKeyFormat(prefix, refreshEnvironment);
  const budget = createTokenBudget(counting);
  const ports = { store, changes, signingKeys, refreshFormat, random, digester, clock, policy, budget };
  const clientPorts = { ...verify, jwtKeys, sealer, policy, budget, nonces: store.nonces };
  const serviceOf = (keyspace: Keyspace): TokenService => {
    const authenticate = createClientAuthenticator({ ...clientPorts, keyspace });
    const { format } = keyspace;
    const limited =
      failures === null ? authenticate : limitClientFailures(authenticate, { ...failures, format });
    return createTokenService({ ...ports, keyspace }, limited);
  };
  const verifier = createTokenVerifier({ ...verify, store, signingKeys, policy });
  return {
    service: serviceOf(verify.keyspaces.native),
    serviceOf,
    verifier: failures === null ? verifier : limitTokenFailures(verifier, failures.budget),
  };
}
