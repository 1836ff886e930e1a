import type { AuditAction } from './audit-entry.js';

/** One change, as reported to every component that caches data of keys. */
export type Change = KeyChange | OwnerChange;

/** A change as it is reported to the listeners of one key. */
export interface KeyEvent {
  readonly keyId: string;
  /** The key's version after the change; `null` when its owner or a key above it was changed, and the key itself was not. */
  readonly keyVersion: number | null;
  readonly action: AuditAction;
}

/** One change of one key. */
export interface KeyChange {
  readonly keyId: string;
  /** The key's version after the change. */
  readonly keyVersion: number;
  readonly action: AuditAction;
}

/** One change of an owner, which concerns all keys of that owner. */
export interface OwnerChange {
  readonly keyId: null;
  readonly ownerId: string;
  /** The version of the owner's record after the change. */
  readonly ownerVersion: number;
  readonly action: AuditAction;
}
