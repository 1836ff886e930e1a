import { refusalCodes, type RefusalCode } from './verdict.js';

/**
 * How the decision of a guard ended: `allowed`, the code of the refusal, `fallback` when it was left to the app's own
 * authentication, or the code of a failure. Nothing that a caller chooses.
 */
export type VerificationOutcome = 'allowed' | RefusalCode | 'fallback' | 'unavailable' | 'internal_error';

/** Every outcome. */
export const verificationOutcomes: readonly VerificationOutcome[] = [
  'allowed',
  ...refusalCodes,
  'fallback',
  'unavailable',
  'internal_error',
];

/**
 * Where the key of a decision was found: in this process, in Redis or in the database; `none` when nothing was read and no cached
 * key was authenticated, as for a malformed key.
 */
export type KeySource = 'cached' | 'redis' | 'database' | 'none';

/** Every source. */
export const keySources: readonly KeySource[] = ['cached', 'redis', 'database', 'none'];
