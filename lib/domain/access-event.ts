import type { AccessEntry } from './access-entry.js';

/** One or more similar requests, grouped into one event of the access log, as the programmatic API returns it. */
export interface AccessEvent extends Omit<AccessEntry, 'at' | 'lastAt'> {
  /** When the first of these requests arrived. */
  readonly at: Date;
  /** When the last of these requests arrived. */
  readonly lastAt: Date;
}

/** Converts a stored entry to an event. */
export function showAccessEvent(entry: AccessEntry): AccessEvent {
  return { ...entry, at: new Date(entry.at), lastAt: new Date(entry.lastAt) };
}
