declare const FAULT_RUN: unknown;

/** Whether this is `npm test`: floods have a small form there, and the full one in `npm run test:slow`. */
export const isFastTier: boolean = process.env['TEST_TIER'] === 'fast';

/** Whether this is `npm run test:faults`, in which there are more rounds, seeds and sequences than in the two tiers. */
export const isWholeRun: boolean = typeof FAULT_RUN !== 'undefined';

/** How many of something a run has: `npm test`, `npm run test:slow` or `npm run test:faults`. */
export function chooseForTier<T>(values: { readonly fast: T; readonly slow: T; readonly whole: T }): T {
  if (isWholeRun) return values.whole;
  return isFastTier ? values.fast : values.slow;
}
