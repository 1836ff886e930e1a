import type { ApiKeysOptions } from './api-keys-options.js';
import { readApiKeysOptions } from './read-api-keys-options.js';
import { refuseCombinations } from './refuse-combinations.js';
import type { ResolvedOptions } from './resolved-options.js';
import { resolveSignaturesOption } from './signatures-option.js';

/**
 * Checks the options of {@link createApiKeys} and fills in defaults.
 *
 * @throws InvalidOptionError for unknown and renamed options, values of the wrong kind, options that contradict each other,
 * and what is missing in production
 */
export function resolveOptions(input: ApiKeysOptions): ResolvedOptions {
  const options = readApiKeysOptions(input);
  refuseCombinations(options);
  const { prefix, limits, refusals, signatures } = options;
  return {
    ...options,
    limits: { ...limits, onOutage: limits.onOutage ?? 'per-process' },
    refusals: { ...refusals, realm: refusals.realm ?? prefix },
    signatures: resolveSignaturesOption(signatures, prefix),
  };
}
