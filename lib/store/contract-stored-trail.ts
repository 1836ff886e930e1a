import { createHash } from 'node:crypto';
import { hashAuditEntry, firstAuditHash } from '../ports/audit-chain.js';
import type { AuditQuery, KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import {
  insert,
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  sampleTime,
  update,
} from './sample-keys.js';

/** The audit trail as it is stored, and more conditions on it. */
export function describeStoredTrail({ describe, it, expect }: ContractContext): void {
  describe('the stored audit trail', () => {
    it('is read forwards in pages, up to its head', async ({ store, other }) => {
      expect(await store.trail.head()).toEqual({ sequence: 0, hash: firstAuditHash });
      expect(await store.trail.entries(0, 9)).toEqual([]);
      await insert(
        store,
        ...['a', 'b', 'c', 'd', 'e'].map((id) => createSampleKey({ id, ownerId: `of ${id}` })),
      );
      const entries = await other.trail.entries(0, 9);
      expect(entries.map(({ sequence, keyId, ownerId }) => `${sequence} ${keyId} ${ownerId}`)).toEqual([
        ...['1 a of a', '2 b of b', '3 c of c', '4 d of d', '5 e of e'],
      ]);
      expect((await store.trail.entries(2, 2)).map(({ sequence }) => sequence)).toEqual([3, 4]);
      let hash = firstAuditHash;
      for (const entry of entries) {
        hash = hashAuditEntry(hash, entry.payload);
        expect([entry.hash, entry.action, entry.actorId, entry.memberId, entry.at]).toEqual([
          ...[hash, 'key.created', 'admin-1', null, sampleTime],
        ]);
      }
      expect(await store.trail.head()).toEqual({ sequence: 5, hash });
    });

    it('holds what may name a person apart from the payload, which has its hash', async ({ store }) => {
      const record = createSampleKey();
      const changes = { address: '2001:db8::7', requestId: 'request-7', salt: 'aSalt' };
      await store.transact((transaction) => transaction.insert(record, createSampleEvent(record, changes)));
      const next = createNextVersion(record);
      const nothing = { address: null, requestId: null };
      await store.transact((transaction) => transaction.update(next, createSampleEvent(next, nothing)));
      const [entry, other] = await store.trail.entries(0, 9);
      expect(entry?.personal).toBe('{"address":"2001:db8::7","requestId":"request-7","salt":"aSalt"}');
      for (const value of Object.values(changes)) expect(entry?.payload.includes(value)).toBe(false);
      const [second, first] = await store.listEvents({ limit: 9 });
      const personalHash = createHash('sha256')
        .update(entry?.personal ?? '')
        .digest('hex');
      expect({ ...first, ...changes, personalHash }).toEqual(first);
      expect(entry?.payload.endsWith(`,"personalHash":"${personalHash}"}`)).toBe(true);
      expect([other?.personal, second?.personalHash, second?.erased]).toEqual([null, undefined, undefined]);
    });

    it('holds the MAC that an event came with, behind all else', async ({ store }) => {
      const record = createSampleKey();
      const mac = `${'0'.repeat(16)}.${'1'.repeat(64)}`;
      await store.transact((transaction) => transaction.insert(record, createSampleEvent(record, { mac })));
      const [entry] = await store.trail.entries(0, 1);
      expect(entry?.payload.endsWith(`,"mac":"${mac}"}`)).toBe(true);
      expect((await store.listEvents({ limit: 1 }))[0]?.mac).toBe(mac);
    });

    it('says of each key at which version it is, and what the last entry about it is', async ({ store }) => {
      await insert(store, createSampleKey({ id: 'b' }), createSampleKey({ id: 'a' }));
      await update(store, createNextVersion(createSampleKey({ id: 'b' })));
      const keys = await store.trail.lastEntries('', 9);
      expect(keys.map(({ keyId, version }) => `${keyId} ${version}`)).toEqual(['a 1', 'b 2']);
      expect(
        keys.map(({ payload }) => (JSON.parse(payload ?? '{}') as { sequence: number }).sequence),
      ).toEqual([...[2, 3]]);
      expect((await store.trail.lastEntries('a', 9)).map(({ keyId }) => keyId)).toEqual(['b']);
      expect((await store.trail.lastEntries('', 1)).map(({ keyId }) => keyId)).toEqual(['a']);
    });

    it('is narrowed by actor and time, and read forwards from a number', async ({ store }) => {
      const changes = [
        { id: 'a', actor: { kind: 'admin', id: 'root' }, at: sampleTime },
        { id: 'b', actor: { kind: 'owner', id: 'alice' }, at: sampleTime + 10 },
        { id: 'c', actor: { kind: 'application', id: null }, at: sampleTime + 20 },
        {
          id: 'd',
          actor: { kind: 'owner', id: 'bob', memberId: "o'm", memberName: 'Olga' },
          at: sampleTime + 30,
        },
      ] as const;
      for (const { id, actor, at } of changes) {
        const record = createSampleKey({ id });
        await store.transact((transaction) =>
          transaction.insert(record, createSampleEvent(record, { actor, at })),
        );
      }
      expect(await listNumbers(store, { actorId: 'root' })).toEqual([1]);
      expect(await listNumbers(store, { actorId: 'ROOT' })).toEqual([]);
      expect(await listNumbers(store, { actorId: 'alice\0' })).toEqual([]);
      expect(await listNumbers(store, { memberId: "o'm" })).toEqual([4]);
      expect(await listNumbers(store, { memberId: "o'm", actorId: 'alice' })).toEqual([]);
      expect(await listNumbers(store, { memberId: 'Olga' })).toEqual([]);
      expect(await listNumbers(store, { memberId: "o'm\0" })).toEqual([]);
      expect((await store.trail.entries(3, 1))[0]?.memberId).toBe("o'm");
      expect(await listNumbers(store, { from: sampleTime + 10 })).toEqual([4, 3, 2]);
      expect(await listNumbers(store, { to: sampleTime + 10 })).toEqual([1]);
      expect(await listNumbers(store, { from: sampleTime, to: sampleTime + 20 })).toEqual([2, 1]);
      expect(await listNumbers(store, { after: 0 })).toEqual([1, 2, 3, 4]);
      expect(await listNumbers(store, { after: 1, before: 3 })).toEqual([2]);
    });
  });

  async function listNumbers(store: KeyStore, query: Omit<AuditQuery, 'limit'>): Promise<readonly number[]> {
    return (await store.listEvents({ ...query, limit: 9 })).map(({ sequence }) => sequence);
  }
}
