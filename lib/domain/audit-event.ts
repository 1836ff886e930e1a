import type { AuditEntry } from './audit-entry.js';

/** One change of a key in the audit log, as the programmatic API returns it. */
export interface AuditEvent extends Omit<AuditEntry, 'at'> {
  /** When the change was made. */
  readonly at: Date;
}

/** Converts a stored entry. Property order is kept: with `at` in milliseconds and without `hash`, it is the hashed form. */
export function showAuditEvent(entry: AuditEntry): AuditEvent {
  return { ...entry, at: new Date(entry.at) };
}
