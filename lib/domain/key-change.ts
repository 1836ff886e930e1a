import type { AuditAction } from './audit-entry.js';

/** One change of one key, as those are told who hold something of that key. */
export interface KeyChange {
  readonly keyId: string;
  /** The key's version after the change. */
  readonly keyVersion: number;
  readonly action: AuditAction;
}
