import type { Changed } from '../manage/key-service.js';
import type { DialectAnswer } from './send-answer.js';

/**
 * Answers a change. The contracts know 200 only: 202 with `Effective-By` (RFC 3339) says that the change is made, and that
 * some process may still accept until then what was taken away.
 */
export function answerOfChange({ effectiveBy }: Pick<Changed, 'effectiveBy'>, body: object): DialectAnswer {
  if (effectiveBy === null) return { status: 200, body };
  return { status: 202, body, headers: { 'Effective-By': new Date(effectiveBy).toISOString() } };
}
