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
  'resource_not_allowed',
]);

/** Codes with one of a few details, which depend on the kind of mistake, not on what was sent. */
const explained: ReadonlySet<RefusalCode> = new Set(['missing_credential', 'invalid_token']);
/** More kinds of mistakes than there are. */
const maxWritten = 100;

/** Writes the answers of one guard, each constant one once. */
export function createRefusalAnswers(
  challenge: Challenge,
  types: ProblemTypes,
): (refusal: Refusal) => ProblemAnswer {
  const written = new Map<string, ProblemAnswer>();
  return function answerTo(refusal) {
    const { code, detail } = refusal;
    // A detail about one request must not be sent to others.
    const isConstant = constant.has(code) && (detail === undefined || explained.has(code));
    const name = detail ?? code;
    const known = isConstant ? written.get(name) : undefined;
    if (known !== undefined) return known;
    const answer = composeProblem(toRefusalError(refusal, challenge), types);
    if (isConstant && written.size < maxWritten) written.set(name, answer);
    return answer;
  };
}
