import type { CredentialSource } from '../http/credential-source.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { FailureBudgetOptions } from '../verify/failure-budget.js';
import type { ResolvedCacheOption } from './cache-option.js';
import type { ResolvedDatabaseOption } from './database-option.js';
import type { ExpiryNoticesOption } from './expiry-notices-option.js';
import type { ResolvedLimitsOption } from './limits-option.js';
import type { PolicyOption } from './policy-option.js';
import type { ResolvedRedisOption } from './redis-option.js';
import type { ResolvedRefusalsOption } from './refusals-option.js';
import type { ResolvedSignaturesOption } from './signatures-option.js';
import type { ResolvedTokensOption } from './tokens-option.js';

/** The options of `createApiKeys` with their defaults. */
export interface ResolvedOptions {
  readonly prefix: string;
  readonly scopes: Readonly<Record<string, string>>;
  readonly features: Readonly<Record<string, string>> | undefined;
  readonly policy: PolicyOption | undefined;
  readonly expiryNotices: ExpiryNoticesOption | undefined;
  readonly pepper: string | readonly string[] | undefined;
  /** `null`: the embedded file, or `store`. */
  readonly database: ResolvedDatabaseOption | null;
  readonly store: KeyStore | undefined;
  /** `null`: no Redis. */
  readonly redis: ResolvedRedisOption | null;
  readonly limits: ResolvedLimitsOption;
  readonly environment: string;
  readonly environments: readonly string[];
  readonly credentialFrom: readonly CredentialSource[] | undefined;
  readonly hideCredentials: boolean;
  readonly refusals: ResolvedRefusalsOption;
  readonly cache: ResolvedCacheOption;
  readonly failureBudget: FailureBudgetOptions | undefined;
  readonly bcryptCost: number | undefined;
  /** `null`: no access tokens. */
  readonly tokens: ResolvedTokensOption | null;
  /** `null`: no signed requests. */
  readonly signatures: ResolvedSignaturesOption | null;
  readonly clock: Clock;
  readonly logger: Logger;
}
