import type { ResolvedLimitsOption } from './limits-option.js';
import type { ReadApiKeysOptions } from './read-api-keys-options.js';
import type { ResolvedRefusalsOption } from './refusals-option.js';
import type { ResolvedSignaturesOption } from './signatures-option.js';

/** The options of `createApiKeys` as their readers return them, and with the defaults that follow from other options. */
export interface ResolvedOptions extends Omit<ReadApiKeysOptions, 'limits' | 'refusals' | 'signatures'> {
  readonly limits: ResolvedLimitsOption;
  readonly refusals: ResolvedRefusalsOption;
  /** `null`: no signed requests. */
  readonly signatures: ResolvedSignaturesOption | null;
}
