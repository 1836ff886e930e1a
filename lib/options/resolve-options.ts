import { checkOptions } from './check-options.js';
import type { LocalCacheLimits } from '../verify/local-cache.js';
import { refuseUnknownOptions } from './refuse-unknown-options.js';
import { resolveSignaturesOption } from './signatures-option.js';
import { resolveTokensOption } from './tokens-option.js';
import { InvalidOptionError } from '../errors.js';
import { readLimitOptions } from './limit-options.js';
import type { ApiKeysOptions, ResolvedOptions } from './api-keys-options.js';

/**
 * Checks options and fills in defaults.
 *
 * @throws InvalidOptionError for unknown names, values of the wrong kind and mixes that make no sense
 */
export function resolveOptions<S extends string, F extends string = string>(
  input: ApiKeysOptions<S, F>,
): ResolvedOptions<S, F> {
  if (typeof input !== 'object' || input === null) {
    throw new InvalidOptionError('createApiKeys: takes an object with at least prefix and scopes');
  }
  refuseUnknownOptions(input);
  const options = withoutEmptyVariables(input);
  checkOptions(options);
  const { prefix, environment = 'live', environments = ['live', 'test'] } = options;
  if (!environments.includes(environment)) {
    throw new InvalidOptionError(`environment: must be one of environments (${environments.join(', ')})`);
  }
  return {
    ...options,
    environment,
    environments,
    realm: options.realm ?? prefix,
    localCacheLimits: localCacheLimits(options.localCache),
    leaseMs: (options.leaseSeconds ?? 4) * 1000,
    limits: readLimitOptions(options),
    tokenSettings: resolveTokensOption(options.tokens),
    signatureSettings: resolveSignaturesOption(options.signatures, prefix),
    clock: options.clock ?? { now: () => Date.now() },
    logger: options.logger ?? console,
  };
}

const defaultLocalCache: LocalCacheLimits = { maxEntries: 10_000, maxBytes: 16 * 1024 * 1024 };

function localCacheLimits(input: ApiKeysOptions['localCache']): LocalCacheLimits | null {
  if (input === false) return null;
  return {
    maxEntries: input?.maxEntries ?? defaultLocalCache.maxEntries,
    maxBytes: input?.maxBytes ?? defaultLocalCache.maxBytes,
  };
}

/** A variable that is set to nothing is as good as not set. */
function withoutEmptyVariables<S extends string, F extends string>(
  input: ApiKeysOptions<S, F>,
): ApiKeysOptions<S, F> {
  const emptyToAbsent = <T>(value: T): T | undefined => (value === '' ? undefined : value);
  return {
    ...input,
    pepper: emptyToAbsent(input.pepper),
    database: emptyToAbsent(input.database),
    redis: emptyToAbsent(input.redis),
  };
}
