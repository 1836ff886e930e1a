import type { StepUpResult } from './step-up-options.js';

const results: ReadonlySet<unknown> = new Set<StepUpResult['result']>([
  'right',
  'wrong',
  'late',
  'not_enrolled',
]);

/**
 * Reads what an app's verifier has said about a code. What is not understood is no answer: it must not let anybody
 * through.
 *
 * @throws TypeError for all but a boolean or a {@link StepUpResult}
 */
export function stepUpResultOf(said: unknown): StepUpResult {
  if (said === true) return { result: 'right' };
  if (said === false) return { result: 'wrong' };
  if (isResult(said)) return said;
  // It is not shown: the code may be in it.
  throw new TypeError('stepUp.verify answered with something that is no result: true, false or { result }');
}

function isResult(said: unknown): said is StepUpResult {
  if (typeof said !== 'object' || said === null) return false;
  const { result, codeId, expiresAt } = said as Readonly<Record<string, unknown>>;
  if (!results.has(result)) return false;
  // By these a code is known when it comes again.
  if (codeId !== undefined && (typeof codeId !== 'string' || codeId === '')) return false;
  return expiresAt === undefined || (typeof expiresAt === 'number' && !Number.isNaN(expiresAt));
}
