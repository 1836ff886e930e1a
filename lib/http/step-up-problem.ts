import { ApiKeysError } from '../errors.js';
import type { CodeVerdict } from './second-factor-codes.js';

/** Why a code was refused; another code may be accepted. */
export type StepUpProblem = 'step_up_invalid' | 'step_up_expired' | 'step_up_used';

/**
 * The problem with a code; `null` for a valid one.
 *
 * @throws ApiKeysError `step_up_throttled`, or `forbidden` for an actor without a second factor: no other code helps now
 */
export function toStepUpProblem(verdict: CodeVerdict): StepUpProblem | null {
  switch (verdict.result) {
    case 'throttled':
      throw new ApiKeysError('step_up_throttled', {
        headers: { 'Retry-After': String(verdict.waitSeconds) },
      });
    case 'not_enrolled':
      throw new ApiKeysError('forbidden', {
        detail: 'This needs a second factor, and none is set up for you.',
      });
    case 'valid':
      return null;
    case 'invalid':
      return 'step_up_invalid';
    case 'expired':
      return 'step_up_expired';
    case 'used':
      return 'step_up_used';
  }
}
