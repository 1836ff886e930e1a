import { query, type ValidationChain } from 'express-validator';
import type { AuditAction } from '../domain/audit-event.js';
import { InvalidFieldError, parseName, parseOwnerId } from '../domain/key-fields.js';
import { isKeyId } from '../domain/key-format.js';
import { keyStates } from '../domain/key-state.js';
import { isScope, isWildcard } from '../domain/scope.js';
import { maxPageSize } from '../manage/list-filter.js';
import { maxCursorLength } from '../ports/cursor-signer.js';

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
  keyId: parseKeyId,
  keyspace: parseSoughtText,
  state: (value) => oneOf(value, keyStates),
  scope: parseScope,
  q: parseSoughtText,
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

function parseKeyId(value: string): string {
  if (!isKeyId(value)) throw new InvalidFieldError('must be the id of a key');
  return value;
}

/**
 * A text to look for: the name of a keyspace, or a part of a key's name. No such name is longer than a key's name or
 * holds what that must not, so nothing else could be found.
 */
function parseSoughtText(value: string): string {
  return parseName(value);
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
