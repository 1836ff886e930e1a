import type { AuditPorts } from '../../lib/audit/audit-ports.js';
import { exportTrail, type ExportProgress } from '../../lib/audit/export-trail.js';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import { createSampleEvent, createSampleKey } from '../../lib/store/sample-keys.js';

it('the progress of an export never names entries that were written after it began', async () => {
  const store = memoryStore();
  const record = createSampleKey();
  const carried = createSampleEvent(record, { action: 'key.carried' });
  await store.transact((transaction) => transaction.insert(record, createSampleEvent(record)));
  const add = (count: number): Promise<void> =>
    store.transact(async (transaction) => {
      for (let added = 0; added < count; added += 1) await transaction.carry(record, carried);
    });
  await add(500);
  const context = { actor: { kind: 'application' }, address: null, requestId: null } as const;
  const ports = { store, clock: { now: () => 0 } } as AuditPorts;
  const seen: ExportProgress[] = [];
  const begin = (afterSequence: number) =>
    exportTrail(
      ports,
      { ...context, managementScope: '' },
      { action: 'key.carried', afterSequence },
      (progress) => seen.push(progress),
    );
  const first = await begin(0);
  // More than what is read at once.
  await add(2_000);
  const sequences: number[] = [];
  for await (const { sequence } of first) sequences.push(sequence);
  expect(seen.at(-1)).toMatchObject({ sequence: 501, remaining: 0 });
  for await (const { sequence } of await begin(seen.at(-1)?.sequence ?? 0)) sequences.push(sequence);
  expect(sequences).toEqual(Array.from({ length: 2_500 }, (_, index) => index + 2));
});
