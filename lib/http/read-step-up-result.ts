import type { StepUpResult } from './step-up-options.js';

const results: ReadonlySet<unknown> = new Set<StepUpResult['result']>([
  'valid',
  'invalid',
  'expired',
  'not_enrolled',
]);

/**
 * Reads what an app's verifier has returned for a code. A value that is not understood throws: it must not authenticate
 * anyone.
 *
 * @throws TypeError for all but a boolean or a {@link StepUpResult}
 */
export function readStepUpResult(value: unknown): StepUpResult {
  if (value === true) return { result: 'valid' };
  if (value === false) return { result: 'invalid' };
  if (isResult(value)) return value;
  // The value is not shown: it may contain the code.
  throw new TypeError('stepUp.verify returned something other than true, false or { result }');
}

function isResult(value: unknown): value is StepUpResult {
  if (typeof value !== 'object' || value === null) return false;
  const { result, codeId, validFrom, expiresAt } = value as Readonly<Record<string, unknown>>;
  if (!results.has(result)) return false;
  // These identify a code when it is sent again.
  if (codeId !== undefined && (typeof codeId !== 'string' || codeId === '')) return false;
  return isDateOrAbsent(validFrom) && isDateOrAbsent(expiresAt);
}

function isDateOrAbsent(value: unknown): boolean {
  return value === undefined || (value instanceof Date && !Number.isNaN(value.getTime()));
}
