import { ApiKeysError } from '../errors.js';
import type { CodeVerdict } from './second-factor-codes.js';

/** What can be wrong with a code. Another code helps. */
export type StepUpProblem = 'step_up_invalid' | 'step_up_expired' | 'step_up_used';

/**
 * What is wrong with a code; `null` for a right one.
 *
 * @throws ApiKeysError `step_up_throttled`, or `forbidden` for who has no second factor: no other code helps now
 */
export function stepUpProblemOf(verdict: CodeVerdict): StepUpProblem | null {
  switch (verdict.result) {
    case 'throttled':
      throw new ApiKeysError('step_up_throttled', {
        headers: { 'Retry-After': String(verdict.waitSeconds) },
      });
    case 'not_enrolled':
      throw new ApiKeysError('forbidden', {
        detail: 'This needs a second factor, and none is set up for you.',
      });
    case 'right':
      return null;
    case 'wrong':
      return 'step_up_invalid';
    case 'late':
      return 'step_up_expired';
    case 'used':
      return 'step_up_used';
  }
}
