/** What can happen to a key. */
export type AuditAction =
  | 'key.created'
  /** The key was imported from another system. */
  | 'key.imported'
  | 'key.updated'
  | 'key.enabled'
  | 'key.disabled'
  | 'key.rotated'
  /** The new secret of a rotation was used for the first time: the previous ones expire soon. */
  | 'key.grace_started'
  | 'key.revoked'
  /** What may name a person was erased from a revoked key. */
  | 'key.erased'
  /** The key had ended long ago, and was removed with all that was stored with it. */
  | 'key.removed'
  /** The older entries of the key are about to be removed by retention: this one repeats its version; nothing has changed. */
  | 'key.carried'
  /** The key expires soon; nothing has changed. */
  | 'key.expiring'
  /** One access token of the key was revoked; the key itself has not changed. */
  | 'token.revoked'
  /** All keys of an owner are refused from now on. */
  | 'owner.suspended'
  /** The keys of an owner are accepted again. */
  | 'owner.resumed'
  /** The plan of an owner was changed, or what the owner gets instead of what it says. */
  | 'owner.updated'
  /** The personal data of an owner is erased from here on back. */
  | 'owner.erased'
  /** Older entries of the trail were removed by retention: `cut` is the last of them. */
  | 'audit.trimmed'
  /** An endpoint was added that events are sent to. */
  | 'webhook.created'
  | 'webhook.updated'
  | 'webhook.secret_rotated'
  /** The endpoint has answered 410 Gone: nothing is sent to it any more. */
  | 'webhook.disabled'
  | 'webhook.deleted';

/** The author of a change. */
export interface AuditActor {
  readonly kind: 'owner' | 'admin' | 'key' | 'application';
  /** The id of the owner, admin or key; `null` for the app's own code. */
  readonly id: string | null;
  /** The member who acted for the owner; absent if the app named none. */
  readonly memberId?: string;
  /** The member's name at that time; absent if the app named none. */
  readonly memberName?: string;
}

/** The last entry before the kept part of the trail. */
export interface AuditCut {
  readonly sequence: number;
  readonly hash: string;
}

/** One entry before the store numbers it. Never contains a secret, a hash or a token. */
export interface AuditEntryDraft {
  readonly action: AuditAction;
  /** `null` for a change of the owner itself. */
  readonly keyId: string | null;
  /** `null` for a change of the owner itself. */
  readonly keyspace: string | null;
  readonly ownerId: string;
  /** The key's version after the change; `null` for a change of the owner itself. */
  readonly keyVersion: number | null;
  /** The version of the owner's record after a change of the owner itself; absent from changes of keys. */
  readonly ownerVersion?: number;
  /** Only of `audit.trimmed`: the last entry that was cut off. It belongs to no owner: its `ownerId` is empty. */
  readonly cut?: AuditCut;
  /** Only of changes of webhooks, which belong to no owner: their `ownerId` is empty. */
  readonly webhookId?: string;
  /** Names of the record's fields that changed. */
  readonly changedFields: readonly string[];
  readonly actor: AuditActor;
  /** The client address as the app sees it; `null` without HTTP. */
  readonly address: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The id of the request (`X-Request-Id`); `null` if it has none. Older entries have none. */
  readonly requestId: string | null;
  /** Random, so that the hash of the personal part cannot be guessed from addresses once that part was erased. */
  readonly salt?: string;
  /**
   * `<pepper id>.<hex>`: HMAC-SHA-256, under a key derived from that pepper, over the hash of the previous entry and the
   * bytes of this one without the MAC. An attacker who can write to the database but does not know the pepper cannot forge
   * it.
   */
  readonly mac?: string;
}

/** One stored entry. Sequence order is commit order, without gaps. */
export interface AuditEntry extends AuditEntryDraft {
  /** 1 for the first change, incremented by each one. */
  readonly sequence: number;
  /**
   * SHA-256 (hex) over the personal part: the address, the id of the request and the salt. It stays when that part is erased;
   * absent when the entry never had one.
   */
  readonly personalHash?: string;
  /** The personal part was erased with the owner: `address` and `requestId` are null. */
  readonly erased?: true;
  /** SHA-256 (hex) over the previous entry's hash and this entry's stored bytes. */
  readonly hash: string;
}
