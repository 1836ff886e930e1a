import type { Changed } from '../manage/change.js';
import type { DialectAnswer } from './send-answer.js';

/**
 * Answers a change. The contracts do not define 202: with `Effective-By` (RFC 3339) it reports that the change is made, and that
 * some process may still accept until then what was revoked.
 *
 * @param status - the status when there is no such process
 */
export function answerChange(
  { effectiveBy }: Pick<Changed, 'effectiveBy'>,
  body: object,
  status = 200,
): DialectAnswer {
  if (effectiveBy === null) return { status, body };
  return { status: 202, body, headers: { 'Effective-By': new Date(effectiveBy).toISOString() } };
}
