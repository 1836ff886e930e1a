import { getErrorCode } from '../../domain/error-code.js';

/**
 * Classes of SQLSTATE for temporary failures, as opposed to mistakes: connection, transaction state, authorization,
 * rollback (serialization, deadlock), resources, object not in the needed state (lock timeout), operator intervention
 * (statement timeout, shutdown), system and internal errors.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const temporaryClasses: readonly string[] = ['08', '25', '28', '40', '53', '55', '57', '58', 'XX'];

/**
 * After these the server has closed the connection, or it is the wrong server: a read-only one was the primary before
 * a failover, and only a new connection can lead to the one that accepts changes now.
 */
const connectionClasses: readonly string[] = ['08', '57P01', '57P02', '57P03', '57P05', '25P03', '25006'];

const retryable: readonly string[] = ['40001', '40P01'];

/** Returns the SQLSTATE of an error of the server; `undefined` for other errors. */
function getSqlState(error: unknown): string | undefined {
  // "severity" distinguishes a reply from a system error, whose codes (EPIPE) can look the same.
  const isAnswer = typeof error === 'object' && error !== null && 'severity' in error;
  return isAnswer ? getErrorCode(error) : undefined;
}

/** Whether an error is temporary: no reply, or a reply with a SQLSTATE of a temporary class. */
export function isTemporary(error: unknown): boolean {
  const state = getSqlState(error);
  return state === undefined || temporaryClasses.includes(state.slice(0, 2));
}

/** Whether the connection that an error came from cannot be used any more. */
export function isConnectionLost(error: unknown): boolean {
  const state = getSqlState(error);
  return state === undefined || connectionClasses.some((prefix) => state.startsWith(prefix));
}

/** Whether the server rolled back for another statement or transaction beside it, so that the same can be sent again. */
export function isConflict(error: unknown): boolean {
  const state = getSqlState(error);
  return state !== undefined && retryable.includes(state);
}

/** `foreign_key_violation`: what a row was to refer to has been deleted since the statement began. */
const lostReference = '23503';

/** Whether the transaction has to be run again, because of what was committed beside it. */
export function mustRetry(error: unknown): boolean {
  return getSqlState(error) === lostReference || (error instanceof Error && isConflict(error.cause));
}
