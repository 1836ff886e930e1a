import type { Refusal, RefusalCode } from '../domain/verdict.js';
import type { Challenge } from '../http/challenge.js';
import type { ProblemTypes } from '../http/problem-types.js';
import { composeProblem, type ProblemAnswer } from '../http/send-problem.js';
import { toRefusalError } from '../http/to-refusal-error.js';

/** Refusals whose answer is the same every time. A flood of them must cost next to nothing. */
const constant: ReadonlySet<RefusalCode> = new Set([
  'missing_credential',
  'invalid_token',
  'key_revoked',
  'key_disabled',
  'key_expired',
  'secret_rotated',
  'address_not_allowed',
  'feature_not_enabled',
]);

/** Writes the answers of one guard, each constant one once. */
export function createRefusalAnswers(
  challenge: Challenge,
  types: ProblemTypes,
): (refusal: Refusal) => ProblemAnswer {
  const written = new Map<RefusalCode, ProblemAnswer>();
  return function answerTo(refusal) {
    // A detail about one request must not be sent to others.
    const isConstant = constant.has(refusal.code) && refusal.detail === undefined;
    const known = isConstant ? written.get(refusal.code) : undefined;
    if (known !== undefined) return known;
    const answer = composeProblem(toRefusalError(refusal, challenge), types);
    if (isConstant) written.set(refusal.code, answer);
    return answer;
  };
}
