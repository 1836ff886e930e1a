import { isSecret } from '../domain/credential.js';
import type { ContractContext } from './contract-context.js';
import {
  insert,
  createNextVersion,
  createSampleCredential,
  createSampleKey,
  sampleTime,
  update,
} from './sample-keys.js';

/** Credentials and their digests. */
export function describeCredentials({ describe, it, expect }: ContractContext): void {
  describe('credentials', () => {
    it('are added, ended and removed by an update, in the order of the record', async ({ store }) => {
      const first = createSampleCredential({ id: 'first' });
      const second = createSampleCredential({ id: 'second', createdAt: sampleTime + 1 });
      const third = createSampleCredential({ id: 'third', createdAt: sampleTime + 1 });
      const v1 = createSampleKey({ credentials: [first] });
      const v2 = createNextVersion(v1, { credentials: [second, { ...first, endsAt: sampleTime + 60 }] });
      const v3 = createNextVersion(v2, {
        credentials: [third, { ...second, endedAt: sampleTime + 2 }, { ...first, endedAt: sampleTime + 2 }],
      });
      const v4 = createNextVersion(v3, { credentials: [third] });
      await insert(store, v1);
      for (const version of [v2, v3, v4]) {
        await update(store, version);
        expect(await store.find(v1.id)).toEqual(version);
      }
    });

    it('come back in the order of the record, whichever way it changes', async ({ store }) => {
      const createCredentials = (ids: string) => [...ids].map((id) => createSampleCredential({ id }));
      let record = createSampleKey({ credentials: createCredentials('abc') });
      await insert(store, record);
      for (const ids of ['dabc', 'cbad', 'da', 'dxa', 'yaxd', 'z', 'abz', 'zab']) {
        record = createNextVersion(record, { credentials: createCredentials(ids) });
        await update(store, record);
        expect(await store.find(record.id)).toEqual(record);
      }
    });

    it('may have the same id in two keys', async ({ store }) => {
      const a = createSampleKey({
        id: 'a',
        credentials: [createSampleCredential({ digests: { pepper: 'of a' } })],
      });
      const b = createSampleKey({
        id: 'b',
        credentials: [createSampleCredential({ digests: { pepper: 'of b' } })],
      });
      await insert(store, a, b);
      await store.addDigest('a', 'credential01', 'next', 'next of a');
      await update(store, createNextVersion(b, { credentials: [] }));
      const found = await store.find('a');
      expect(found?.credentials.find(isSecret)?.digests).toEqual({ pepper: 'of a', next: 'next of a' });
      expect((await store.find('b'))?.credentials).toEqual([]);
    });

    it('that are removed take their digests along', async ({ store }) => {
      const record = createSampleKey();
      await insert(store, record);
      const removed = createNextVersion(record, { credentials: [] });
      await update(store, removed);
      const again = createSampleCredential({ digests: { other: 'x' } });
      await update(store, createNextVersion(removed, { credentials: [again] }));
      expect((await store.find(record.id))?.credentials).toEqual([again]);
    });
  });

  describe('addDigest', () => {
    it('adds one for another pepper and leaves the version', async ({ store, other }) => {
      const record = createSampleKey();
      await insert(store, record);
      await store.addDigest(record.id, 'credential01', 'beef', 'new');
      const digests = { c0ffee: 'd'.repeat(64), beef: 'new' };
      const expected = { ...record, credentials: [createSampleCredential({ digests })] };
      expect(await store.find(record.id)).toEqual(expected);
      expect(await other.find(record.id)).toEqual(expected);
      expect((await store.listEvents({ limit: 9 })).length).toBe(1);
    });

    it('never replaces one, however often it is called', async ({ store, other }) => {
      const record = createSampleKey();
      await insert(store, record);
      await store.addDigest(record.id, 'credential01', 'c0ffee', 'replaced');
      expect(await store.find(record.id)).toEqual(record);
      await Promise.all(
        [store, other, store, other].map((each) => each.addDigest(record.id, 'credential01', 'beef', 'same')),
      );
      expect((await store.find(record.id))?.credentials.find(isSecret)?.digests['beef']).toBe('same');
    });

    it('does nothing for a credential or key that is not stored', async ({ store }) => {
      const record = createSampleKey();
      await insert(store, record);
      await store.addDigest(record.id, 'unknown', 'beef', 'new');
      await store.addDigest('unknown', 'credential01', 'beef', 'new');
      expect(await store.find(record.id)).toEqual(record);
      expect(await store.find('unknown')).toBe(null);
    });

    it('is not undone by a change that began before it', async ({ store, other }) => {
      const record = createSampleKey();
      await insert(store, record);
      const read = (await store.find(record.id)) ?? record;
      await other.addDigest(record.id, 'credential01', 'beef', 'new');
      const stale = createSampleCredential({
        digests: { c0ffee: 'not mine to change' },
        endsAt: sampleTime + 1,
      });
      await update(store, createNextVersion(read, { credentials: [stale] }));
      const digests = { c0ffee: 'd'.repeat(64), beef: 'new' };
      expect((await store.find(record.id))?.credentials).toEqual([{ ...stale, digests }]);
    });
  });
}
