import { adviceFor } from '../domain/known-names.js';
import { InvalidOptionError } from '../errors.js';
import type { ApiKeysOptions } from './api-keys-options.js';

/** Every option; the compiler refuses the build when one is missing here. */
const known: Record<keyof ApiKeysOptions, true> = {
  prefix: true,
  scopes: true,
  features: true,
  policy: true,
  tokens: true,
  signatures: true,
  expiryNotices: true,
  pepper: true,
  database: true,
  schema: true,
  migrate: true,
  store: true,
  redis: true,
  redisKeyPrefix: true,
  ownerRateLimits: true,
  onLimiterOutage: true,
  ownerCeilings: true,
  environment: true,
  environments: true,
  credentialFrom: true,
  realm: true,
  opaqueRefusals: true,
  hideCredentials: true,
  localCache: true,
  leaseSeconds: true,
  failureBudget: true,
  bcryptCost: true,
  clock: true,
  logger: true,
};

/** @throws InvalidOptionError for names that no option of {@link createApiKeys} has */
export function refuseUnknownOptions(input: object): void {
  for (const name of Object.keys(input)) {
    if (Object.hasOwn(known, name)) continue;
    throw new InvalidOptionError(
      `createApiKeys: unknown option ${JSON.stringify(name)}; ${adviceFor(name, Object.keys(known))}`,
    );
  }
}
