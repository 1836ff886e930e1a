import type { AuditAction } from './audit-entry.js';

/** One change of one key, as reported to every component that caches data of that key. */
export interface KeyChange {
  readonly keyId: string;
  /** The key's version after the change. */
  readonly keyVersion: number;
  readonly action: AuditAction;
}
