import { parseMoment } from '../domain/key-fields.js';
import type { Moment } from '../domain/moment.js';
import type { AuditQuery } from '../ports/key-store.js';
import { parseCondition } from './list-filter.js';
import type { FieldReaders } from './read-fields.js';
import { seenConditions } from './seen-conditions.js';

/** Which entries of the audit trail; conditions that are left out do not restrict. */
export interface AuditConditions<T extends Moment = Date> {
  /** For admins; an owner sees only the events of its own keys. */
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  /** For example `key.revoked`. */
  readonly action?: string | undefined;
  /** Only what this owner, admin or key did, by its id. */
  readonly actor?: string | undefined;
  /** Not before this time. */
  readonly from?: T | undefined;
  /** Before this time. */
  readonly to?: T | undefined;
}

/** The same after reading: times are epoch milliseconds. */
export type ReadAuditConditions = Omit<AuditConditions, 'from' | 'to'> & {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
};

/** How they are read. */
export const auditConditions: FieldReaders<ReadAuditConditions> = {
  ownerId: parseCondition,
  keyId: parseCondition,
  action: parseCondition,
  actor: parseCondition,
  from: parseMoment,
  to: parseMoment,
};

/** What to ask a store for, see {@link seenConditions}. */
export function auditConditionsFor(
  seenOwner: string | null,
  { actor, ...wanted }: ReadAuditConditions,
): Omit<AuditQuery, 'limit'> | null {
  return seenConditions(seenOwner, { ...wanted, actorId: actor });
}
