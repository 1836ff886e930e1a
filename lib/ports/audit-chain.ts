import { createHash } from 'node:crypto';
import type { AuditActor, AuditEntry, AuditEntryDraft } from '../domain/audit-entry.js';

/** The hash that the first entry of an audit trail is chained to. */
export const firstAuditHash: string = '0'.repeat(64);

/** An entry as the two strings that every store keeps. */
export interface SerializedAuditEntry {
  /** What the chain and the MAC cover. It is never changed. */
  readonly payload: string;
  /** What may name a person; the payload has its hash. `null`: nothing, or it was erased. */
  readonly personal: string | null;
}

/**
 * Serializes an entry: JSON with the sequence number first and the MAC, which covers all other fields, last. Storing this
 * instead of single columns keeps the chain verifiable when later versions add fields. The personal part is a string of its
 * own, of which the payload has only the hash: it can be erased, and the chain still verifies.
 */
export function serializeAuditEntry(draft: AuditEntryDraft, sequence: number): SerializedAuditEntry {
  const { action, keyId, keyspace, ownerId, keyVersion, changedFields, actor, at } = draft;
  const { ownerVersion, cut, webhookId, mac } = draft;
  const personal = serializePersonal(draft);
  const payload = JSON.stringify({
    sequence,
    action,
    keyId,
    keyspace,
    ownerId,
    keyVersion,
    ...(ownerVersion === undefined ? {} : { ownerVersion }),
    ...(cut === undefined ? {} : { cut: { sequence: cut.sequence, hash: cut.hash } }),
    ...(webhookId === undefined ? {} : { webhookId }),
    changedFields,
    actor: { kind: actor.kind, id: actor.id },
    at,
    ...(personal === null ? {} : { personalHash: hashPersonal(personal) }),
    ...(mac === undefined ? {} : { mac }),
  });
  return { payload, personal };
}

/** `null` for a change without a request and without a member: there is nothing to erase. */
function serializePersonal({ address, requestId, actor, salt }: AuditEntryDraft): string | null {
  const { memberId, memberName } = actor;
  if (address === null && requestId === null && memberId === undefined) return null;
  // Members that are undefined are left out.
  return JSON.stringify({ address, requestId, memberId, memberName, salt });
}

/** SHA-256 (hex) over the personal part of an entry. */
export function hashPersonal(personal: string): string {
  return createHash('sha256').update(personal).digest('hex');
}

/** The personal part of an entry that has none. */
const noPersonal = { address: null, requestId: null } as const;

/**
 * Parses a stored entry. `JSON.stringify` of the result without `address`, `requestId`, `salt`, `erased`, `hash` and the member of
 * its actor gives the stored payload again.
 */
export function parseAuditEntry({ payload, personal }: SerializedAuditEntry, hash: string): AuditEntry {
  const entry = JSON.parse(payload) as Omit<AuditEntry, 'hash' | 'address' | 'requestId' | 'salt'>;
  if (personal === null) {
    return { ...entry, ...noPersonal, ...(entry.personalHash === undefined ? {} : { erased: true }), hash };
  }
  const { address, requestId, memberId, memberName, salt } = JSON.parse(personal) as PersonalPart;
  const actor = {
    ...entry.actor,
    ...(memberId === undefined ? {} : { memberId }),
    ...(memberName === undefined ? {} : { memberName }),
  };
  return { ...entry, actor, address, requestId, ...(salt === undefined ? {} : { salt }), hash };
}

type PersonalPart = Pick<AuditEntryDraft, 'address' | 'requestId' | 'salt'> &
  Pick<AuditActor, 'memberId' | 'memberName'>;

/**
 * SHA-256 (hex) over the hash of the previous entry and the payload of this one, so that no entry can be changed,
 * removed or inserted without changing every later hash.
 */
export function hashAuditEntry(previousHash: string, payload: string): string {
  return createHash('sha256').update(previousHash).update(payload).digest('hex');
}

/** A MAC at the end of an entry. */
const macAtEnd = /,"mac":"([0-9a-f]{1,64}\.[0-9a-f]{1,128})"\}$/;

/**
 * Splits an entry into its MAC and the bytes that the MAC covers in addition to the hash of the previous entry;
 * `null` when it has no MAC.
 */
export function splitMac(payload: string): { readonly bytes: string; readonly mac: string } | null {
  const found = macAtEnd.exec(payload);
  const mac = found?.[1];
  return found === null || mac === undefined ? null : { bytes: `${payload.slice(0, found.index)}}`, mac };
}
