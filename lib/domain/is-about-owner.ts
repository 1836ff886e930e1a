import type { AuditEntry } from './audit-entry.js';

/**
 * Whether the personal part of an entry is about the owner, who made the change itself or with a key: it is erased with the owner.
 * The address of an admin is the admin's.
 */
export function isAboutOwner({ actor }: Partial<Pick<AuditEntry, 'actor'>>): boolean {
  return actor?.kind === 'owner' || actor?.kind === 'key';
}
