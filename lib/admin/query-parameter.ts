import { query, type ValidationChain } from 'express-validator';
import type { AuditAction } from '../domain/audit-event.js';
import { InvalidFieldError, parseName, parseOwnerId } from '../domain/key-fields.js';
import { keyStates } from '../domain/key-state.js';
import { isScope, isWildcard } from '../domain/scope.js';
import { maxPageSize } from '../manage/list-keys.js';

/** Longer than every cursor that was ever handed out. */
const maxCursorLength = 1024;

/** Written as a record so that the compiler finds a missing action. */
const auditActions: Readonly<Record<AuditAction, true>> = {
  'key.created': true,
  'key.updated': true,
  'key.enabled': true,
  'key.disabled': true,
  'key.rotated': true,
  'key.revoked': true,
};

/** A parameter that a query can hold. */
export type QueryParameter =
  'limit' | 'cursor' | 'ownerId' | 'keyId' | 'keyspace' | 'state' | 'scope' | 'q' | 'action';

/** Which rule decides over which query parameter. Values are texts: that none comes twice was seen before. */
const ruleOf: Record<QueryParameter, (value: string) => unknown> = {
  limit: parseLimit,
  cursor: parseCursor,
  ownerId: parseOwnerId,
  keyId: parseName,
  keyspace: parseName,
  state: (value) => oneOf(value, keyStates),
  scope: parseScope,
  q: parseName,
  action: (value) => oneOf(value, Object.keys(auditActions)),
};

/** The chain of a query parameter; all of them may be left out. */
export function queryParameter(name: QueryParameter): ValidationChain {
  return query(name)
    .optional()
    .custom((value: string) => {
      ruleOf[name](value);
      return true;
    });
}

/** Number() would also take `1e2`, `0x10` and the empty text. */
function parseLimit(value: string): number {
  const limit = /^[1-9]\d{0,2}$/.test(value) ? Number(value) : Infinity;
  if (limit > maxPageSize) {
    throw new InvalidFieldError(`must be a whole number from 1 to ${maxPageSize}`);
  }
  return limit;
}

function parseCursor(value: string): string {
  if (value === '' || value.length > maxCursorLength) {
    throw new InvalidFieldError('must be the nextCursor of a page with the same filter');
  }
  return value;
}

function parseScope(value: string): string {
  if (!isScope(value) && !isWildcard(value)) {
    throw new InvalidFieldError("must be one scope, for example 'orders:read'");
  }
  return value;
}

function oneOf(value: string, allowed: readonly string[]): string {
  if (!allowed.includes(value)) throw new InvalidFieldError(`must be one of ${allowed.join(', ')}`);
  return value;
}
