import { createHash } from 'node:crypto';
import type { AuditEntry, AuditEntryDraft } from '../domain/audit-entry.js';

/** What the first entry of an audit trail is chained to. */
export const firstAuditHash: string = '0'.repeat(64);

/**
 * The bytes of one entry as every store keeps them: JSON with the sequence number first and the MAC, which is over all
 * others, last. Storing these and not single columns keeps the chain verifiable when later versions add fields.
 */
export function serializeAuditEntry(draft: AuditEntryDraft, sequence: number): string {
  const { action, keyId, keyspace, ownerId, keyVersion, changedFields, actor, address, at } = draft;
  const { requestId, mac } = draft;
  return JSON.stringify({
    sequence,
    action,
    keyId,
    keyspace,
    ownerId,
    keyVersion,
    changedFields,
    actor: { kind: actor.kind, id: actor.id },
    address,
    at,
    requestId,
    ...(mac === undefined ? {} : { mac }),
  });
}

/** Reads a stored entry. `JSON.stringify` of the result without `hash` gives the stored bytes again. */
export function parseAuditEntry(payload: string, hash: string): AuditEntry {
  return { ...(JSON.parse(payload) as Omit<AuditEntry, 'hash'>), hash };
}

/**
 * SHA-256 (hex) over the hash of the entry before and the bytes of this one, so that no entry can be changed, removed
 * or put in between without changing every later hash.
 */
export function hashAuditEntry(previousHash: string, payload: string): string {
  return createHash('sha256').update(previousHash).update(payload).digest('hex');
}

/** What a MAC looks like at the end of an entry's bytes. */
const macAtEnd = /,"mac":"([0-9a-f]{1,64}\.[0-9a-f]{1,128})"\}$/;

/** The bytes that an entry's MAC covers, besides the hash of the entry before, and the MAC; `null` when it has none. */
export function splitMac(payload: string): { readonly bytes: string; readonly mac: string } | null {
  const found = macAtEnd.exec(payload);
  const mac = found?.[1];
  return found === null || mac === undefined ? null : { bytes: `${payload.slice(0, found.index)}}`, mac };
}
