import type { AuditSealer } from '../../lib/ports/audit-sealer.js';
import { createSealingStoreProxy } from '../../lib/audit/sealing-store-proxy.js';
import { createAuditSealer } from '../../lib/crypto/audit-sealer.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { createSampleEvent, createSampleKey } from '../../lib/store/sample-keys.js';
import { testPepper } from '../harness/instance.js';

/** As many as retention keeps in any case. */
export const newestEntries = 1000;

/** Makes and checks the MACs of instances of tests. */
export function createTestSealer(...peppers: readonly string[]): AuditSealer {
  return createAuditSealer(parsePeppers(peppers.length === 0 ? testPepper : peppers));
}

/** For a busy machine. */
const patience = { deadlineMs: 20_000 };

/** Opens the store of an instance, which seals entries as the instance does. */
export async function openSealedStore(
  url: string,
  sealer: AuditSealer = createTestSealer(),
): Promise<KeyStore> {
  const logger = { warn: () => undefined, error: () => undefined };
  const store = url.startsWith('file:')
    ? sqliteStore({ file: url.slice('file:'.length), ...patience })
    : postgresStore({ connection: url, logger, ...patience });
  await store.open();
  return createSealingStoreProxy(store, sealer);
}

/** A busy machine writes them within the deadline of a change. */
const entriesPerChange = 50;

/** Adds entries about a key of their own, so that older ones may be removed. */
export async function addNewerEntries(store: KeyStore, at: number, count = newestEntries): Promise<void> {
  const record = createSampleKey({ id: 'filler0000000001', ownerId: 'filler', createdAt: at });
  if ((await store.find(record.id)) === null) {
    await store.transact((transaction) => transaction.insert(record, createSampleEvent(record, { at })));
  }
  const event = createSampleEvent(record, { action: 'key.carried', at, address: null, requestId: null });
  for (let added = 0; added < count; added += entriesPerChange) {
    await store.transact(async (transaction) => {
      const end = Math.min(added + entriesPerChange, count);
      for (let index = added; index < end; index += 1) await transaction.carry(record, event);
    });
  }
}
