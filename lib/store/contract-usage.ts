import { dayMs } from '../domain/day-ms.js';
import { hourMs } from '../domain/key-usage.js';
import type { ContractContext } from './contract-context.js';
import {
  createNextVersion,
  createSampleCredential,
  createSampleKey,
  createSampleUse,
  insert,
  sampleTime,
  update,
} from './sample-keys.js';

/** How often keys were used: by hour and verdict, and from where last. */
export function describeUsage({ describe, it, expect }: ContractContext): void {
  const record = createSampleKey();
  const everything = { keyId: record.id, from: 0, to: Number.MAX_SAFE_INTEGER } as const;

  describe('usage', () => {
    it('counts uses by hour and verdict, of one key', async ({ store, other }) => {
      await insert(store, record, createSampleKey({ id: 'another' }));
      await store.recordUse([
        createSampleUse({ at: sampleTime + 5, count: 2 }),
        createSampleUse({ at: sampleTime + hourMs - 1, count: 3 }),
        createSampleUse({ at: sampleTime + hourMs, verdict: 'insufficient_scope', count: 4 }),
        createSampleUse({ at: sampleTime + hourMs, count: 5 }),
        createSampleUse({ keyId: 'another', at: sampleTime, count: 6 }),
        createSampleUse({ keyId: 'unknown', at: sampleTime, count: 7 }),
      ]);
      await other.recordUse([createSampleUse({ at: sampleTime + 7, count: 1 })]);
      expect(await store.usage.list({ ...everything, by: 'hour' })).toEqual([
        { start: sampleTime, verdict: 'allowed', count: 6 },
        { start: sampleTime + hourMs, verdict: 'allowed', count: 5 },
        { start: sampleTime + hourMs, verdict: 'insufficient_scope', count: 4 },
      ]);
      expect(await store.usage.list({ ...everything, keyId: 'unknown', by: 'hour' })).toEqual([]);
    });

    it('counts days together, and lists the hours from one time to before another', async ({ store }) => {
      await insert(store, record);
      const hours = [0, 1, 23, 24, 49].map((hour) => sampleTime + hour * hourMs);
      await store.recordUse(hours.map((at) => createSampleUse({ at })));
      expect(await store.usage.list({ ...everything, by: 'day' })).toEqual([
        { start: sampleTime, verdict: 'allowed', count: 3 },
        { start: sampleTime + dayMs, verdict: 'allowed', count: 1 },
        { start: sampleTime + 2 * dayMs, verdict: 'allowed', count: 1 },
      ]);
      const part = { keyId: record.id, from: sampleTime + hourMs, to: sampleTime + dayMs } as const;
      const listed = await store.usage.list({ ...part, by: 'hour' });
      expect(listed.map(({ start }) => start)).toEqual(hours.slice(1, 3));
    });

    it('records the address of the last allowed use; refusals change nothing', async ({ store }) => {
      await insert(store, record);
      await store.recordUse([
        createSampleUse({ at: sampleTime + 2, address: '203.0.113.2' }),
        createSampleUse({ at: sampleTime + 1, address: '203.0.113.1' }),
        createSampleUse({ at: sampleTime + 9, verdict: 'address_not_allowed' }),
      ]);
      const expectLast = async (at: number, address: string | null, useCount: number): Promise<void> => {
        const found = await store.find(record.id);
        expect([found?.lastUsedAt, found?.lastUsedAddress, found?.useCount]).toEqual([at, address, useCount]);
      };
      await expectLast(sampleTime + 2, '203.0.113.2', 2);
      await store.recordUse([createSampleUse({ at: sampleTime, address: '203.0.113.9' })]);
      await expectLast(sampleTime + 2, '203.0.113.2', 3);
      await store.recordUse([createSampleUse({ at: sampleTime + 3, address: '2001:db8::1' })]);
      await expectLast(sampleTime + 3, '2001:db8::1', 4);
      await store.recordUse([createSampleUse({ at: sampleTime + 4 })]);
      // One that is not known does not take the place of one that is.
      await expectLast(sampleTime + 4, '2001:db8::1', 5);
      await store.recordUse([
        createSampleUse({ at: sampleTime + 5, address: '203.0.113.5' }),
        createSampleUse({ at: sampleTime + 6 }),
      ]);
      await expectLast(sampleTime + 6, '203.0.113.5', 7);
    });

    it('adds up what two processes write at once', async ({ store, other }) => {
      const ids = Array.from({ length: 30 }, (_, index) => `key${index}`);
      await insert(store, ...ids.map((id) => createSampleKey({ id })));
      const uses = ids.flatMap((keyId) => [
        createSampleUse({ keyId, count: 2 }),
        createSampleUse({ keyId, verdict: 'key_disabled', count: 3 }),
      ]);
      await Promise.all(
        [store, other, store, other].map((each, index) =>
          each.recordUse(index < 2 ? uses : [...uses].reverse()),
        ),
      );
      for (const keyId of ids) {
        expect(await store.usage.list({ ...everything, keyId, by: 'hour' })).toEqual([
          { start: sampleTime, verdict: 'allowed', count: 8 },
          { start: sampleTime, verdict: 'key_disabled', count: 12 },
        ]);
      }
    });

    it('records the first and the last day on which parts of a key were used', async ({ store, other }) => {
      await insert(store, record, createSampleKey({ id: 'another' }), createSampleKey({ id: 'unused' }));
      const read = { kind: 'scope', name: 'orders:read' } as const;
      const write = { kind: 'scope', name: "orders:'write" } as const;
      const secret = { kind: 'secret', name: 'credential01' } as const;
      await store.recordUse([
        createSampleUse({ at: sampleTime + dayMs + 5, parts: [write, read] }),
        createSampleUse({ at: sampleTime + 7, parts: [read] }),
        createSampleUse({ keyId: 'another', at: sampleTime + hourMs, parts: [read, secret] }),
        createSampleUse({ keyId: 'unknown', parts: [read] }),
        createSampleUse({ keyId: record.id }),
      ]);
      const [first, second, third] = [sampleTime, sampleTime + dayMs, sampleTime + 2 * dayMs];
      const ofKey = { keyId: record.id, firstUsedOn: second, lastUsedOn: second };
      const ofAnother = { keyId: 'another', firstUsedOn: first, lastUsedOn: first };
      expect(await other.usage.listParts([record.id, 'unknown', 'unused', 'another'])).toEqual([
        { ...ofAnother, ...read },
        { ...ofAnother, ...secret },
        { ...ofKey, ...write },
        { ...ofKey, ...read },
      ]);
      await other.recordUse([
        createSampleUse({ at: third + 1, parts: [read] }),
        createSampleUse({ at: sampleTime + 9, parts: [write] }),
        createSampleUse({ keyId: 'another', at: first + 9, parts: [secret] }),
      ]);
      expect(await store.usage.listParts([record.id])).toEqual([
        { ...ofKey, ...write },
        { ...ofKey, ...read, lastUsedOn: third },
      ]);
      expect((await store.usage.listParts(['another', 'another\0'])).length).toBe(2);
      expect(await store.usage.listParts([])).toEqual([]);
    });

    it('forgets the parts of credentials that are gone', async ({ store, other }) => {
      const credentials = ['new', 'old', 'gone'].map((id) => createSampleCredential({ id }));
      await insert(store, createSampleKey({ credentials }));
      const parts = ['old', 'gone'].map((name) => ({ kind: 'secret', name }) as const);
      await store.recordUse([createSampleUse({ parts: [...parts, { kind: 'scope', name: 'gone' }] })]);
      await update(store, createNextVersion(record, { credentials: credentials.slice(0, 2) }));
      const left = await other.usage.listParts([record.id]);
      expect(left.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['scope gone', 'secret old']);
    });

    it('adds up the parts that two processes write at once', async ({ store, other }) => {
      const ids = Array.from({ length: 30 }, (_, index) => `key${index}`);
      await insert(store, ...ids.map((id) => createSampleKey({ id })));
      const parts = ['a', 'b', 'c'].map((name) => ({ kind: 'scope', name }) as const);
      const uses = ids.map((keyId) => createSampleUse({ keyId, parts }));
      const backwards = ids.map((keyId) => createSampleUse({ keyId, parts: [...parts].reverse() })).reverse();
      await Promise.all([
        ...[store, other].map((each) => each.recordUse(uses)),
        ...[store, other].map((each) => each.recordUse(backwards)),
      ]);
      expect((await store.usage.listParts(ids)).length).toBe(90);
    });

    it('is forgotten some at a time', async ({ store }) => {
      await insert(store, record);
      await store.recordUse(
        [0, 1, 2, 3, 4].map((hour) => createSampleUse({ at: sampleTime + hour * hourMs })),
      );
      const before = sampleTime + 3 * hourMs;
      expect(await store.usage.forgetBefore(before, 2)).toBe(2);
      expect(await store.usage.forgetBefore(before, 2)).toBe(1);
      expect(await store.usage.forgetBefore(before, 2)).toBe(0);
      expect((await store.usage.list({ ...everything, by: 'hour' })).length).toBe(2);
      expect((await store.find(record.id))?.useCount).toBe(5);
    });
  });

  describe('existing', () => {
    it('finds which of many ids keys have, revoked ones among them', async ({ store, other }) => {
      await insert(store, createSampleKey({ id: 'a' }), createSampleKey({ id: 'b', revokedAt: sampleTime }));
      const unknown = Array.from({ length: 1000 }, (_, index) => `unknown${index}`);
      const found = await other.existing(['a', ...unknown, 'b', "'", '"', '\u0000', 'a']);
      expect([...found].sort()).toEqual(['a', 'b']);
      expect((await store.existing([])).size).toBe(0);
    });
  });
}
