import { createHash } from 'node:crypto';
import type { AuditEntry, AuditEntryDraft } from '../domain/audit-entry.js';

/** The hash that the first entry of an audit trail is chained to. */
export const firstAuditHash: string = '0'.repeat(64);

/**
 * Serializes an entry to the string that every store keeps: JSON with the sequence number first and the MAC, which
 * covers all other fields, last. Storing this instead of single columns keeps the chain verifiable when later
 * versions add fields.
 */
export function serializeAuditEntry(draft: AuditEntryDraft, sequence: number): string {
  const { action, keyId, keyspace, ownerId, keyVersion, changedFields, actor, address, at } = draft;
  const { ownerVersion, requestId, mac } = draft;
  return JSON.stringify({
    sequence,
    action,
    keyId,
    keyspace,
    ownerId,
    keyVersion,
    ...(ownerVersion === undefined ? {} : { ownerVersion }),
    changedFields,
    actor: {
      kind: actor.kind,
      id: actor.id,
      ...(actor.memberId === undefined ? {} : { memberId: actor.memberId }),
      ...(actor.memberName === undefined ? {} : { memberName: actor.memberName }),
    },
    address,
    at,
    requestId,
    ...(mac === undefined ? {} : { mac }),
  });
}

/** Parses a stored entry. `JSON.stringify` of the result without `hash` gives the stored bytes again. */
export function parseAuditEntry(payload: string, hash: string): AuditEntry {
  return { ...(JSON.parse(payload) as Omit<AuditEntry, 'hash'>), hash };
}

/**
 * SHA-256 (hex) over the hash of the previous entry and the bytes of this one, so that no entry can be changed,
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
