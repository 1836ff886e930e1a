import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { selectErasedFields } from '../domain/erase-key.js';
import type { AnnouncedChange } from '../ports/change-announcer.js';
import type { KeyPosition, KeyStoreTransaction } from '../ports/key-store.js';
import { createAuditEntry } from './audit-entry.js';
import type { ChangeContext } from './change.js';
import { createRevocationQueuing } from './change-queuing.js';
import type { ManagePorts } from './manage-ports.js';
import { createNextVersion } from './next-version.js';

/** Keys that are read, and changed in one transaction, at once: all other changes wait for it. */
const keysPerTransaction = 40;

/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 12;

/** The revoked keys of an owner. */
export interface ErasedKeys {
  /** All of them, whenever they were erased. */
  readonly ids: readonly string[];
  /** How many were erased now. */
  readonly erased: number;
}

/**
 * Erases what may name a person from the records of an owner's revoked keys, in steps with their audit entries. A copy in the
 * shared cache is replaced. After a failure, the next call continues with the rest.
 */
export async function eraseKeys(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
): Promise<ErasedKeys> {
  const { store, clock } = ports;
  const ids: string[] = [];
  let erased = 0;
  let after: KeyPosition | undefined;
  for (;;) {
    const page = await store.list({ ownerId, now: clock.now(), after, limit: keysPerTransaction });
    const revoked = page.filter(({ revokedAt }) => revokedAt !== null);
    ids.push(...revoked.map(({ id }) => id));
    const due = revoked.filter((record) => Object.keys(selectErasedFields(record)).length > 0);
    if (due.length > 0) {
      erased += await eraseSome(ports, context, due);
      await sleep(pauseMs);
    }
    after = page.at(-1);
    if (after === undefined || page.length < keysPerTransaction) return { ids, erased };
  }
}

async function eraseSome(
  { store, changes, clock }: ManagePorts,
  context: ChangeContext,
  due: readonly ApiKeyRecord[],
): Promise<number> {
  const now = clock.now();
  const written = await store.transact(async (transaction) => {
    const made: AnnouncedChange[] = [];
    for (const { id } of due) {
      const change = await eraseInTransaction(transaction, context, id, now);
      if (change !== null) made.push(change);
    }
    return made;
  }, createRevocationQueuing(context));
  changes.announce(written, now);
  return written.length;
}

async function eraseInTransaction(
  transaction: KeyStoreTransaction,
  context: ChangeContext,
  id: string,
  now: number,
): Promise<AnnouncedChange | null> {
  const current = await transaction.find(id);
  if (current === null) return null;
  const fields = selectErasedFields(current);
  if (Object.keys(fields).length === 0) return null;
  const next = createNextVersion(current, fields, now);
  await transaction.update(next, createAuditEntry(context, 'key.erased', next, Object.keys(fields)));
  return { record: next, action: 'key.erased', position: transaction.position };
}
