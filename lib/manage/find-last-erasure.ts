import type { AuditEntry } from '../domain/audit-entry.js';
import type { KeyStore } from '../ports/key-store.js';
import { maxRowsPerPage } from './list-page.js';

/** Finds the last entry that records an erasure of an owner, in steps: the owner can have any number of other entries. */
export async function findLastErasure(
  store: Pick<KeyStore, 'findEventScanEnd' | 'listEvents'>,
  ownerId: string,
): Promise<AuditEntry | undefined> {
  let before: number | undefined;
  for (;;) {
    const until = await store.findEventScanEnd({ ownerId, before }, maxRowsPerPage);
    const part = { before, until: until ?? undefined, countedBy: 'ownerId', limit: 1 } as const;
    const [last] = await store.listEvents({ ownerId, action: 'owner.erased', ...part });
    if (last !== undefined || until === null) return last;
    before = until;
  }
}
