/** What can happen to a key. */
export type AuditAction =
  | 'key.created'
  | 'key.updated'
  | 'key.enabled'
  | 'key.disabled'
  | 'key.rotated'
  /** The new secret of a rotation was used for the first time: the ones before it end soon. */
  | 'key.grace_started'
  | 'key.revoked'
  /** The end of the key is near; nothing has changed. */
  | 'key.expiring'
  /** One access token of the key was taken back; the key itself has not changed. */
  | 'token.revoked';

/** Who did it; `id` is the owner's, admin's or key's, `null` for the app's own code. */
export interface AuditActor {
  readonly kind: 'owner' | 'admin' | 'key' | 'application';
  readonly id: string | null;
}

/** One entry before the store numbers it. It never holds a secret, a hash or a token. */
export interface AuditEntryDraft {
  readonly action: AuditAction;
  readonly keyId: string;
  readonly keyspace: string;
  readonly ownerId: string;
  /** The key's version after the change. */
  readonly keyVersion: number;
  /** Names of the record's fields that the change touched. */
  readonly changedFields: readonly string[];
  readonly actor: AuditActor;
  /** Where the request came from, as the app sees it; `null` without HTTP. */
  readonly address: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The id that the request came with (`X-Request-Id`), `null` without one. Older entries have none. */
  readonly requestId: string | null;
  /**
   * `<pepper id>.<hex>`: HMAC-SHA-256, under a key made from that pepper, over the hash of the entry before and the bytes
   * of this one without the MAC. Whoever can write to the database, but does not know the pepper, cannot make one.
   */
  readonly mac?: string;
}

/** One stored entry. Sequence order is commit order, without gaps. */
export interface AuditEntry extends AuditEntryDraft {
  /** 1 for the first change, one more with each. */
  readonly sequence: number;
  /** SHA-256 (hex) over the previous entry's hash and this entry's stored bytes. */
  readonly hash: string;
}
