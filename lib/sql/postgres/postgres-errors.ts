import { codeOf } from '../error-code.js';

/**
 * Classes of SQLSTATE that say "not now" and not "this is wrong": connection, transaction state, authorization,
 * rollback (serialization, deadlock), resources, object not in the needed state (lock timeout), operator intervention
 * (statement timeout, shutdown), system and internal errors.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const troubleClasses: readonly string[] = ['08', '25', '28', '40', '53', '55', '57', '58', 'XX'];

/**
 * After these the server has closed the connection, or it is the wrong server: one that is read-only was the primary
 * before a failover, and only a new connection can lead to the one that takes changes now.
 */
const connectionClasses: readonly string[] = ['08', '57P01', '57P02', '57P03', '57P05', '25P03', '25006'];

const retryable: readonly string[] = ['40001', '40P01'];

/** The SQLSTATE of what the server answered; `undefined` when the error is not an answer of the server. */
function sqlStateOf(error: unknown): string | undefined {
  // "severity" tells an answer from a system error, whose codes (EPIPE) can look the same.
  const isAnswer = typeof error === 'object' && error !== null && 'severity' in error;
  return isAnswer ? codeOf(error) : undefined;
}

/** Whether an error is of the moment: no answer, or an answer that says so. */
export function isTrouble(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined || troubleClasses.includes(state.slice(0, 2));
}

/** Whether nothing more can be expected of the connection that an error came from. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined || connectionClasses.some((prefix) => state.startsWith(prefix));
}

/** Whether the database has asked to run the transaction again. */
export function asksForRetry(error: unknown): boolean {
  const state = error instanceof Error ? sqlStateOf(error.cause) : undefined;
  return state !== undefined && retryable.includes(state);
}
