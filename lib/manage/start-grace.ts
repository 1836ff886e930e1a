import { createIdentity } from '../domain/api-key-identity.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import { noResources } from '../domain/resource-catalogue.js';
import type { FirstUse } from '../ports/grace-starter.js';
import { createAuditEntry } from './audit-entry.js';
import type { ManagePorts } from './manage-ports.js';
import { createNextVersion } from './next-version.js';
import { endWithin } from './retire-secrets.js';

/**
 * Starts the grace period of a rotation, because the new secret has been used: from then on the earlier secrets have an
 * expiry. Does nothing when the period has already started, or when the key was revoked or the secret superseded meanwhile. The
 * period is counted from the use, however late it is recorded.
 *
 * @throws ApiKeysError `unavailable` when the store does not respond; to be retried
 */
export async function startGrace(
  { store, changes, clock }: Pick<ManagePorts, 'store' | 'changes' | 'clock'>,
  { keyId, credentialId, address, at }: FirstUse,
): Promise<void> {
  const now = clock.now();
  const committed = await store.transact(
    async (transaction) => {
      const current = await transaction.find(keyId);
      if (current === null || current.revokedAt !== null) return null;
      const used = current.credentials.find(({ id }) => id === credentialId);
      const graceSeconds = used?.graceFromFirstUseSeconds ?? null;
      if (used === undefined || graceSeconds === null) return null;

      const credentials = current.credentials.map((credential) =>
        credential === used
          ? { ...used, graceFromFirstUseSeconds: null }
          : endWithin(credential, graceSeconds, getExpiresAt(current), at, now),
      );
      const next = createNextVersion(current, { credentials }, now);
      // The actor is the key itself: its use has started the period.
      const apiKey = createIdentity(current, { via: 'key', credentialId }, noResources);
      const actor = { kind: 'key', apiKey } as const;
      const context = { actor, address, requestId: null, managementScope: null };
      await transaction.update(next, createAuditEntry(context, 'key.grace_started', next, ['credentials']));
      return { record: next, action: 'key.grace_started', position: transaction.position } as const;
      // It ends secrets, one of which may have leaked.
    },
    { lane: 'taking', share: 'starts of grace periods' },
  );
  if (committed !== null) changes.announce([committed], now);
}
