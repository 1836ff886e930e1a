import type { ChangeActor } from './actor.js';
import type { AuditEntry } from './audit-entry.js';

/** Whether somebody who reads a log is a customer of the app: an owner, a member of one, or a key. */
function isCustomer({ kind }: Pick<ChangeActor, 'kind'>): boolean {
  return kind === 'owner' || kind === 'key';
}

/** Whether an entry is about what the app did, by an admin or in its own code: where from is nobody else's business. */
function isByApp({ actor }: Pick<AuditEntry, 'actor'>): boolean {
  return actor.kind === 'admin' || actor.kind === 'application';
}

/**
 * Redacts for customers from where admins, or the app itself, made a change: they see that it was made, by whom and when. The chain of
 * an export still verifies, as with a part that was erased; without the salt, the hash of that part tells nothing.
 */
export function redactOrigin(entry: AuditEntry, reader: Pick<ChangeActor, 'kind'>): AuditEntry {
  if (!isCustomer(reader) || !isByApp(entry)) return entry;
  const { salt: _, ...shown } = entry;
  return { ...shown, address: null, requestId: null };
}
