import type { ContractContext } from './contract-context.js';
import {
  createSampleAccess,
  createSampleEvent,
  createSampleKey,
  createSampleObserved,
  createSampleUse,
  insert,
} from './sample-keys.js';

/** Removal of what may name a person. */
export function describeErasure({ describe, it, expect }: ContractContext): void {
  describe('erasure', () => {
    it('removes the personal part of entries, and leaves the chain as it is', async ({ store, other }) => {
      const actor = { kind: 'owner', id: 'owner-1', memberId: 'm-1', memberName: 'Olga' } as const;
      for (const id of ['a', 'b', 'c']) {
        const record = createSampleKey({ id });
        const event = createSampleEvent(record, { actor, salt: 's' });
        await store.transact((transaction) => transaction.insert(record, event));
      }
      const before = await store.trail.entries(0, 9);
      expect(await other.erasure.eraseFromTrail([1, 3, 99])).toBe(2);
      expect(await store.erasure.eraseFromTrail([1, 2])).toBe(1);
      expect(await store.erasure.eraseFromTrail([])).toBe(0);
      const after = await store.trail.entries(0, 9);
      expect(after).toEqual(before.map((entry) => ({ ...entry, personal: null, memberId: null })));
      for (const entry of await other.listEvents({ limit: 9 })) {
        expect([entry.address, entry.requestId, entry.salt, entry.erased]).toEqual([
          null,
          null,
          undefined,
          true,
        ]);
        expect(entry.actor).toEqual({ kind: 'owner', id: 'owner-1' });
        expect(entry.personalHash?.length).toBe(64);
      }
      expect(await store.listEvents({ memberId: 'm-1', limit: 9 })).toEqual([]);
      await insert(store, createSampleKey({ id: 'd' }));
      expect((await store.trail.head()).sequence).toBe(4);
    });

    it('deletes the events of one owner from the access log, some at a time', async ({ store, other }) => {
      const events = ['a', 'b', 'c'].map((id) => createSampleAccess({ id }));
      await store.accessLog.add([...events, createSampleAccess({ id: 'd', ownerId: 'owner-2' })]);
      expect(await store.erasure.eraseFromAccessLog('owner-1\0', 9)).toBe(0);
      expect(await other.erasure.eraseFromAccessLog('owner-1', 2)).toBe(2);
      expect(await store.erasure.eraseFromAccessLog('owner-1', 2)).toBe(1);
      expect((await store.accessLog.list({ limit: 9 })).map(({ id }) => id)).toEqual(['d']);
    });

    it('deletes events that name nobody but a key of the owner as well', async ({ store, other }) => {
      await insert(store, createSampleKey({ id: 'a' }), createSampleKey({ id: 'b', ownerId: 'owner-2' }));
      const unknown = { ownerId: null, actor: null };
      await store.accessLog.add([
        createSampleAccess({ id: 'of-key', keyId: 'a', ...unknown }),
        createSampleAccess({
          id: 'of-admin',
          keyId: 'a',
          ownerId: null,
          actor: { kind: 'admin', id: 'olga' },
        }),
        createSampleAccess({ id: 'of-other-owner', keyId: 'a', ownerId: 'owner-2' }),
        createSampleAccess({ id: 'of-other-key', keyId: 'b', ...unknown }),
        createSampleAccess({ id: 'of-nobody', keyId: null, ...unknown }),
      ]);
      expect(await other.erasure.eraseFromAccessLog('owner-1', 9)).toBe(1);
      const left = (await store.accessLog.list({ limit: 9 })).map(({ id }) => id);
      expect(left.sort()).toEqual(['of-admin', 'of-nobody', 'of-other-key', 'of-other-owner']);
    });

    it('deletes the observed requests of one owner, some at a time', async ({ store, other }) => {
      const counts = ['a', 'b', 'c'].map((route) => createSampleObserved({ route }));
      const none = createSampleObserved({ route: 'e', keyId: null, ownerId: null });
      await store.observations.add([
        ...counts,
        createSampleObserved({ route: 'd', ownerId: 'owner-2' }),
        none,
      ]);
      expect(await store.erasure.eraseFromObservations('owner-1\0', 9)).toBe(0);
      expect(await store.erasure.eraseFromObservations('', 9)).toBe(0);
      expect(await other.erasure.eraseFromObservations('owner-1', 2)).toBe(2);
      expect(await store.erasure.eraseFromObservations('owner-1', 2)).toBe(1);
      expect((await store.observations.list({ limit: 9 })).map(({ route }) => route)).toEqual(['d', 'e']);
    });

    it('removes addresses of last use and refresh tokens of keys, and keeps the counts', async ({
      store,
    }) => {
      await insert(store, ...['a', 'b', 'c'].map((id) => createSampleKey({ id })));
      const parts = [{ kind: 'scope', name: 'orders:read' } as const];
      const uses = ['a', 'b'].map((keyId) => createSampleUse({ keyId, address: '203.0.113.7', parts }));
      await store.recordUse(uses);
      const grant = { credentialId: 'credential01', scopes: [], session: 'Phone', expiresAt: 9, digest: 'd' };
      for (const keyId of ['a', 'b'])
        await store.tokens.refreshGrants.add({ ...grant, id: `g-${keyId}`, keyId });
      expect(await store.erasure.eraseTraces([])).toEqual({ lastUsedAddresses: 0, refreshGrants: 0 });
      const removed = { lastUsedAddresses: 1, refreshGrants: 1 };
      expect(await store.erasure.eraseTraces(['a', 'c', 'unknown'])).toEqual(removed);
      expect((await store.usage.listParts(['a', 'b'])).map(({ keyId }) => keyId)).toEqual(['b']);
      expect(await store.erasure.eraseTraces(['a'])).toEqual({ lastUsedAddresses: 0, refreshGrants: 0 });
      const [a, b] = [await store.find('a'), await store.find('b')];
      expect([a?.lastUsedAddress, a?.useCount, b?.lastUsedAddress]).toEqual([null, 1, '203.0.113.7']);
      expect((await store.tokens.refreshGrants.find('g-a')) === null).toBe(true);
      expect((await store.tokens.refreshGrants.find('g-b'))?.session).toBe('Phone');
    });
  });
}
