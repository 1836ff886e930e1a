import type { AuditActor } from '../domain/audit-entry.js';

/** Returns the public view of an author, field by field. */
export function presentActor({ kind, id, memberId, memberName }: AuditActor): object {
  return {
    kind,
    id,
    ...(memberId === undefined ? {} : { memberId }),
    ...(memberName === undefined ? {} : { memberName }),
  };
}
