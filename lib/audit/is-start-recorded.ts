import type { AuditEntry } from '../domain/audit-entry.js';
import { firstAuditHash, hashAuditEntry, splitMac } from '../ports/audit-chain.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { AuditTrail, TrailStart } from '../ports/audit-trail.js';

/**
 * Whether an entry with a MAC records the start of the trail, which anybody who can write to the database could have moved.
 *
 * @param trusted - which MACs are accepted; `unknown`: under a pepper that is not configured here
 */
export async function isStartRecorded(
  trail: Pick<AuditTrail, 'entries'>,
  sealer: AuditSealer,
  start: TrailStart,
  trusted: readonly ReturnType<AuditSealer['check']>[] = ['valid'],
): Promise<boolean> {
  if (start.sequence === 0) return start.hash === firstAuditHash;
  const [previous, entry] = await trail.entries(start.entry - 2, 2);
  if (previous === undefined || entry?.sequence !== start.entry) return false;
  const sealed = splitMac(entry.payload);
  if (sealed === null || !trusted.includes(sealer.check(sealed.mac, previous.hash, sealed.bytes)))
    return false;
  if (hashAuditEntry(previous.hash, entry.payload) !== entry.hash) return false;
  const { sequence, action, cut } = JSON.parse(entry.payload) as Partial<AuditEntry>;
  const isTrim = sequence === start.entry && action === 'audit.trimmed';
  return isTrim && cut?.sequence === start.sequence && cut.hash === start.hash;
}
