import type { AccessEntry } from './access-entry.js';

/** One or several requests that were alike, as the API in code returns them. */
export interface AccessEvent extends Omit<AccessEntry, 'at' | 'lastAt'> {
  /** When the first of them came. */
  readonly at: Date;
  /** When the last of them came. */
  readonly lastAt: Date;
}

/** Shows a stored entry. */
export function showAccessEvent(entry: AccessEntry): AccessEvent {
  return { ...entry, at: new Date(entry.at), lastAt: new Date(entry.lastAt) };
}
