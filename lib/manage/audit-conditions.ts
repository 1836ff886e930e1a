import type { Moment } from '../domain/moment.js';
import type { AuditQuery } from '../ports/key-store.js';
import { parseCondition } from './list-filter.js';
import { logConditions, parseAction, type ReadConditions } from './log-conditions.js';
import type { FieldReaders } from './read-fields.js';

/** Conditions on entries of the audit trail; omitted conditions do not restrict. */
export interface AuditConditions<T extends Moment = Date> {
  /** For admins; an owner sees only the events of its own keys. */
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  /** For example `key.revoked`. */
  readonly action?: string | undefined;
  /** The id of the owner, admin or key that acted. */
  readonly actor?: string | undefined;
  /** Only changes by the member of an owner with this id. */
  readonly memberId?: string | undefined;
  /** Not before this time. */
  readonly from?: T | undefined;
  /** Before this time. */
  readonly to?: T | undefined;
}

/** The conditions after parsing: times are epoch milliseconds. */
export type ReadAuditConditions = ReadConditions<AuditConditions>;

/** The readers of the conditions. */
export const auditConditions: FieldReaders<ReadAuditConditions> = {
  ...logConditions,
  action: parseAction,
  actor: parseCondition,
  memberId: parseCondition,
};

/** The query for a store. */
export function toAuditQuery({ actor, ...wanted }: ReadAuditConditions): Omit<AuditQuery, 'limit'> {
  return { ...wanted, actorId: actor };
}
