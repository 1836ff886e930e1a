import { hashAuditEntry, firstAuditHash } from '../../lib/ports/audit-chain.js';
import type { AuditAction, AuditEntry } from '../../lib/domain/audit-entry.js';
import type { Action, Operation } from './history.js';

const actions: Partial<Record<Action, AuditAction>> = {
  create: 'key.created',
  'make child': 'key.created',
  revoke: 'key.revoked',
  disable: 'key.disabled',
  enable: 'key.enabled',
  expire: 'key.updated',
  prolong: 'key.updated',
  rotate: 'key.rotated',
  narrow: 'key.updated',
  widen: 'key.updated',
  suspend: 'owner.suspended',
  resume: 'owner.resumed',
  demote: 'owner.updated',
  restrict: 'owner.updated',
  promote: 'owner.updated',
};

/**
 * Looks for what is wrong with an audit trail (all events, oldest first), and returns a sentence for each: a gap, a
 * broken chain, a version of a key or an owner that is missing or doubled, and a change that was acknowledged and is not there.
 */
export function checkAuditTrail(
  events: readonly AuditEntry[],
  operations: readonly Operation[] = [],
): readonly string[] {
  const problems: string[] = [];
  const versions = new Map<string, number>();
  const byVersion = new Map<string, AuditEntry>();
  let previousHash = firstAuditHash;
  for (const [index, event] of events.entries()) {
    const { hash, address: _address, requestId: _requestId, salt: _salt, erased: _erased, ...rest } = event;
    const { kind, id } = rest.actor;
    const payload = { ...rest, actor: { kind, id } };
    if (event.sequence !== index + 1) problems.push(`event ${index + 1} has the number ${event.sequence}`);
    if (hashAuditEntry(previousHash, JSON.stringify(payload)) !== hash)
      problems.push(`the chain breaks at ${event.sequence}`);
    previousHash = hash;
    const name = event.keyId ?? event.ownerId;
    const written = event.keyId === null ? event.ownerVersion : event.keyVersion;
    // A token that is revoked leaves its key as it is.
    const version = (versions.get(name) ?? 0) + (event.action === 'token.revoked' ? 0 : 1);
    if (written !== version) {
      problems.push(`event ${event.sequence} makes version ${written} of ${name} after ${version - 1}`);
    }
    versions.set(name, written ?? version);
    byVersion.set(`${name} ${written}`, event);
  }
  for (const { action, keyId, ownerId, outcome } of operations) {
    const expected = actions[action];
    if (expected === undefined || outcome === null || outcome.status >= 300) continue;
    const name = ownerId ?? keyId;
    // A change that found nothing to change answers with the version that another one made.
    if (outcome.version === undefined || !byVersion.has(`${name} ${outcome.version}`)) {
      problems.push(
        `${action} of ${name} was acknowledged as version ${outcome.version} and is not in the trail`,
      );
    }
  }
  return problems;
}
