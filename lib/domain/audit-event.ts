import type { AuditEntry } from './audit-entry.js';

/** One change of a key, as the API in code returns it. */
export interface AuditEvent extends Omit<AuditEntry, 'at'> {
  /** When it was made. */
  readonly at: Date;
}

/** Shows a stored entry. The order of its names stays: with `at` in milliseconds and without `hash` it is what was hashed. */
export function showAuditEvent(entry: AuditEntry): AuditEvent {
  return { ...entry, at: new Date(entry.at) };
}
