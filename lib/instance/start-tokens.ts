import { jwtKeys } from '../crypto/jwt-keys.js';
import type { Pepper } from '../crypto/peppers.js';
import { createRandomSource } from '../crypto/random-source.js';
import { createSecretSealer } from '../crypto/secret-sealer.js';
import { createKeyFormat } from '../domain/key-format.js';
import type { Keyspace } from '../domain/keyspace.js';
import { getMaxLifetimeSeconds } from '../domain/token-terms.js';
import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { ResolvedTokensOption } from '../options/tokens-option.js';
import { createClientAuthenticator } from '../tokens/authenticate-client.js';
import { limitClientFailures } from '../tokens/limit-client-failures.js';
import { limitTokenFailures } from '../tokens/limit-token-failures.js';
import type { ProtectedResources } from '../tokens/protected-resources.js';
import { SigningKeys } from '../tokens/signing-keys.js';
import { createTokenBudget } from '../tokens/token-budget.js';
import { createTokenService, type TokenService } from '../tokens/token-service.js';
import { tryForeignKeys } from '../tokens/try-foreign-keys.js';
import { createTokenVerifier } from '../tokens/verify-token.js';
import type { FailureLimits } from '../verify/try-within-budget.js';
import type { ApiKeyVerifier, VerifyPorts } from '../verify/verify-api-key.js';
import { keepNoncesLonger } from './keep-nonces-longer.js';
import type { RunningLimits } from './start-limits.js';

/** Access tokens of a running instance. */
export interface RunningTokens {
  /** The clients are the keys of the native keyspace. */
  readonly service: TokenService;
  /** Builds a service whose clients are the keys of another keyspace. */
  readonly createServiceFor: (keyspace: Keyspace) => TokenService;
  /** For what is sent as a JWT: access tokens, and imported keys that look like one. */
  readonly verifier: ApiKeyVerifier;
}

/** What access tokens need. */
export interface StartTokensParts {
  readonly options: Pick<ResolvedOptions, 'prefix'>;
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly store: KeyStore;
  readonly changes: ChangeAnnouncer;
  readonly verify: VerifyPorts;
  /** Verifies keys. */
  readonly verifier: ApiKeyVerifier;
  /** `null`: failures are not limited. */
  readonly failures: FailureLimits | null;
  readonly limits: Pick<RunningLimits, 'alwaysCounting'>;
  /** What tokens can be restricted to. */
  readonly resources: ProtectedResources;
  readonly logger: Logger;
}

/** Upper case, which no environment can be, so that no key looks like a refresh token. */
const refreshEnvironment = 'REFRESH';

/** Sets up access tokens, without I/O. */
export function startTokens(policy: ResolvedTokensOption, parts: StartTokensParts): RunningTokens {
  const { peppers, store, changes, verify, failures, resources, logger } = parts;
  const { clock, digester } = verify;
  const random = createRandomSource();
  const sealer = createSecretSealer(peppers);
  const findMaxLifetimeSeconds = (): number =>
    Math.max(...verify.keyspaces.all().map(({ catalogue }) => getMaxLifetimeSeconds(catalogue)));
  const signingKeys = new SigningKeys({
    store: store.tokens.signingKeys,
    keys: jwtKeys,
    random,
    clock,
    logger,
    sealer,
    algorithm: policy.algorithm,
    maxLifetimeSeconds: findMaxLifetimeSeconds,
  });
  const refreshFormat = createKeyFormat(parts.options.prefix, refreshEnvironment);
  const budget = createTokenBudget(parts.limits.alwaysCounting);
  const unlimited = createTokenVerifier({
    ...verify,
    store,
    signingKeys,
    policy,
    resources,
    maxLifetimeSeconds: findMaxLifetimeSeconds,
  });
  const verifier = failures === null ? unlimited : limitTokenFailures(unlimited, failures.budget);
  const ports = {
    store,
    changes,
    signingKeys,
    refreshFormat,
    random,
    digester,
    clock,
    policy,
    budget,
    resources,
    maxLifetimeSeconds: findMaxLifetimeSeconds,
    keyVerifier: parts.verifier,
    tokenVerifier: verifier,
  };
  const nonces = keepNoncesLonger(store.nonces);
  const clientPorts = { ...verify, jwtKeys, sealer, policy, budget, nonces };
  const createServiceFor = (keyspace: Keyspace): TokenService => {
    const authenticate = createClientAuthenticator({ ...clientPorts, keyspace });
    const { format } = keyspace;
    const limited =
      failures === null ? authenticate : limitClientFailures(authenticate, { ...failures, format });
    return createTokenService({ ...ports, keyspace }, limited);
  };
  return {
    service: createServiceFor(verify.keyspaces.native),
    createServiceFor,
    verifier: tryForeignKeys(verify.keyspaces.foreign, {
      tokens: verifier,
      uncounted: unlimited,
      keys: parts.verifier,
    }),
  };
}
