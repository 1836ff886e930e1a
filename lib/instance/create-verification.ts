import type { Pepper } from '../crypto/peppers.js';
import { createSecretDigester } from '../crypto/secret-digester.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { GraceStarts } from '../manage/grace-starts.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import { FailureBudget } from '../verify/failure-budget.js';
import { limitFailures, type FailureLimits } from '../verify/limit-failures.js';
import { LookupBatcher } from '../verify/lookup-batcher.js';
import { MissingDigests } from '../verify/missing-digests.js';
import { acceptForeignKeys, createForeignReader } from '../verify/verify-foreign-key.js';
import { createVerifier, type ApiKeyVerifier, type VerifyPorts } from '../verify/verify-api-key.js';
import type { KeyAccess } from './create-key-access.js';
import type { RunningLimits } from './start-limits.js';

/** Verification of keys, and what verifying tokens and signatures shares with it. */
export interface Verification {
  readonly verifier: ApiKeyVerifier;
  readonly ports: VerifyPorts;
  /** One budget for keys, tokens and signatures; `null` without the option `failureBudget`. */
  readonly failures: FailureLimits | null;
}

/** What verification needs. */
export interface VerificationParts {
  readonly options: ResolvedOptions;
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly store: KeyStore;
  readonly keyAccess: KeyAccess;
  readonly keyspaces: Keyspaces;
  readonly limits: RunningLimits;
  readonly graces: GraceStarts;
  readonly hasher: SecretHasher;
  readonly logger: Logger;
}

/** Creates the verifier. Without a budget of failures it is used as it is, so that a request pays nothing for the check. */
export function createVerification(parts: VerificationParts): Verification {
  const { options, store, keyAccess, keyspaces, limits, graces, hasher, logger } = parts;
  const { finder, local, lease, uses } = keyAccess;
  const digester = createSecretDigester(parts.peppers);
  const ports: VerifyPorts = {
    finder,
    local,
    lease,
    digests: new MissingDigests({ store, finder, digester, logger }),
    digester,
    hasher,
    uses,
    graces,
    getLimitPlan: limits.getLimitPlan,
    consumeLimits: limits.consumeLimits,
    clock: options.clock,
    keyspaces,
  };
  const readForeign = createForeignReader(keyspaces, digester);
  const native = createVerifier(ports);
  // Without formats of other systems the verifier is used as it is.
  const verifier =
    keyspaces.foreign.all().length === 0 ? native : acceptForeignKeys(native, ports, readForeign);
  const readKeyIds = (token: string): readonly string[] => {
    const parsed = keyspaces.parse(token);
    return (parsed === null ? readForeign(token) : [parsed]).map(({ id }) => id);
  };
  const failures = createFailureLimits(options, store);
  return {
    ports,
    failures,
    verifier: failures === null ? verifier : limitFailures(verifier, { ...failures, readKeyIds }),
  };
}

function createFailureLimits(
  { failureBudget }: Pick<ResolvedOptions, 'failureBudget'>,
  store: KeyStore,
): FailureLimits | null {
  if (failureBudget === undefined) return null;
  return {
    budget: new FailureBudget(failureBudget),
    lookups: new LookupBatcher((ids) => store.existing(ids)),
  };
}
