import type { ApiKeyRecord } from '../domain/api-key.js';
import type { EnforcedLifetime } from '../domain/enforced-lifetime.js';
import { idleToleranceMs } from '../domain/key-lifetime.js';
import { dayMs } from '../domain/day-ms.js';
import type { PlanMembers } from '../domain/plan.js';
import type { KeyQuery, KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import {
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  createSampleOwner,
  createSampleOwnerEvent,
  createSampleUse,
  insert,
  sampleTime,
  update,
} from './sample-keys.js';

/** What the bounds on the lifetime of keys need of a store. */
export function describeLifetimes({ describe, it, expect }: ContractContext): void {
  const getDay = (days: number): number => sampleTime + days * dayMs;

  async function listIds(store: KeyStore, query: Partial<KeyQuery>): Promise<readonly string[]> {
    const found = await store.list({ now: sampleTime, limit: 100, ...query });
    return found.map(({ id }) => id).sort();
  }
  const createBound = (id: string, maxIdleDays: number | null, lastUsed?: number): ApiKeyRecord =>
    createSampleKey({
      ...{ id, maxIdleDays },
      ...(lastUsed === undefined ? {} : { lastUsedAt: getDay(lastUsed), useCount: 1 }),
    });

  describe('the lifetime of keys', () => {
    it('keeps maxIdleDays and activatedAt, and no bounds that are enforced', async ({ store, other }) => {
      const record = createSampleKey({ maxIdleDays: 30, activatedAt: sampleTime + 7 });
      await insert(store, record);
      expect(await other.find(record.id)).toEqual(record);
      const next = createNextVersion(record, { maxIdleDays: null, activatedAt: sampleTime + 9 });
      await update(store, next);
      expect(await other.find(record.id)).toEqual(next);
      const enforced = { default: { maxLifetimeDays: 1, maxIdleDays: 1 } };
      expect(await other.list({ now: sampleTime, limit: 9, enforced })).toEqual([next]);
    });

    it('reads the bounds that are enforced from the plan and the overrides of the owner', async ({
      store,
    }) => {
      const owners: readonly [string, string | null, PlanMembers | null][] = [
        ['on-free', 'free', null],
        ['on-pro', 'pro', null],
        ['on-gone', 'gone', null],
        ['default', null, null],
        ['wider', 'free', { maxLifetimeDays: 9, maxIdleDays: 9 }],
        ['for ever', 'free', { maxKeys: 2, maxLifetimeDays: null, maxIdleDays: null }],
        ['other', 'free', { maxKeys: 2 }],
      ];
      for (const [ownerId, plan, overrides] of owners) {
        const owner = createSampleOwner({ ownerId, plan, overrides });
        await store.transact((transaction) => transaction.putOwner(owner, createSampleOwnerEvent(owner)));
      }
      const names = [...owners.map(([ownerId]) => ownerId), 'unrecorded'];
      await insert(
        store,
        ...names.map((ownerId) => createSampleKey({ id: ownerId, ownerId })),
        createSampleKey({ id: 'sooner', ownerId: 'wider', expiresAt: getDay(1), maxIdleDays: 1 }),
        createSampleKey({ id: 'elsewhere', ownerId: 'on-free', keyspace: 'other' }),
      );
      const list = async (enforced: EnforcedLifetime, query: Partial<KeyQuery>): Promise<readonly string[]> =>
        listIds(store, { enforced: { default: enforced }, ...query });
      const lifetimes: EnforcedLifetime = {
        ...{ maxLifetimeDays: 5, maxIdleDays: null },
        plans: {
          free: { maxLifetimeDays: 2, maxIdleDays: null },
          pro: { maxLifetimeDays: null, maxIdleDays: null },
        },
      };
      const idleBounds: EnforcedLifetime = {
        ...{ maxLifetimeDays: null, maxIdleDays: 5 },
        plans: {
          free: { maxLifetimeDays: null, maxIdleDays: 2 },
          pro: { maxLifetimeDays: null, maxIdleDays: null },
        },
      };
      const byDay: readonly [number, readonly string[]][] = [
        [1, ['sooner']],
        [2, ['on-free', 'other', 'sooner']],
        [5, ['default', 'on-free', 'on-gone', 'other', 'sooner', 'unrecorded']],
        [9, ['default', 'on-free', 'on-gone', 'other', 'sooner', 'unrecorded', 'wider']],
      ];
      for (const [day, ids] of byDay) {
        expect(await list(lifetimes, { expiresBefore: getDay(day) + 1 })).toEqual(ids);
        expect(await list(lifetimes, { state: 'expired', now: getDay(day) + idleToleranceMs })).toEqual(ids);
        expect(await list(idleBounds, { idle: { after: 0, before: getDay(day) + 1 } })).toEqual(ids);
      }
      expect(await list({ ...lifetimes, plans: {} }, { expiresBefore: getDay(5) + 1 })).toEqual(
        names
          .filter((name) => !['for ever', 'wider'].includes(name))
          .concat('sooner')
          .sort(),
      );
    });

    it('makes keys expired that were not used for too long', async ({ store }) => {
      await insert(
        store,
        createBound('never', null),
        createBound('unused', 10),
        createBound('used', 10, 5),
        createSampleKey({ id: 'active', maxIdleDays: 10, activatedAt: getDay(6) }),
        createSampleKey({ id: 'disabled', maxIdleDays: 10, enabled: false }),
        createSampleKey({ id: 'revoked', maxIdleDays: 10, revokedAt: 1 }),
      );
      const end = getDay(10) + idleToleranceMs;
      const listStates = async (now: number): Promise<unknown> => [
        await listIds(store, { state: 'expired', now }),
        await listIds(store, { state: 'active', now }),
      ];
      expect(await listStates(end - 1)).toEqual([[], ['active', 'never', 'unused', 'used']]);
      expect(await listStates(end)).toEqual([['unused'], ['active', 'never', 'used']]);
      expect(await listStates(end + 5 * dayMs)).toEqual([
        ['unused', 'used'],
        ['active', 'never'],
      ]);
      await store.recordUse([createSampleUse({ keyId: 'used', at: getDay(9) })]);
      expect(await listStates(end + 6 * dayMs)).toEqual([
        ['active', 'unused'],
        ['never', 'used'],
      ]);
    });

    it('applies the bounds that are enforced in one keyspace, where they are narrower', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: 'plain' }),
        createSampleKey({ id: 'ends', expiresAt: getDay(5) }),
        createSampleKey({ id: 'later', expiresAt: getDay(99) }),
        createSampleKey({ id: 'other', keyspace: 'other' }),
        createBound('idle-2', 2),
        createBound('idle-50', 50, 15),
      );
      const lifetime = { default: { maxLifetimeDays: 20, maxIdleDays: null } };
      const idle = { default: { maxLifetimeDays: null, maxIdleDays: 10 } };
      const both = { default: { maxLifetimeDays: 20, maxIdleDays: 10 } };
      const listExpired = (enforced: KeyQuery['enforced'], days: number): Promise<readonly string[]> =>
        listIds(store, { state: 'expired', enforced, now: getDay(days) + idleToleranceMs });
      expect(await listExpired(undefined, 20)).toEqual(['ends', 'idle-2']);
      expect(await listExpired(lifetime, 20)).toEqual(['ends', 'idle-2', 'idle-50', 'later', 'plain']);
      expect(await listExpired(idle, 20)).toEqual(['ends', 'idle-2', 'later', 'plain']);
      expect(await listExpired(both, 19)).toEqual(['ends', 'idle-2', 'later', 'plain']);
      expect(await listExpired({ none: both.default }, 20)).toEqual(['ends', 'idle-2']);
      expect(await listIds(store, { state: 'active', enforced: both, now: getDay(20) })).toEqual(['other']);
      const before = { expiresBefore: getDay(20) + 1, enforced: lifetime };
      expect(await listIds(store, before)).toEqual(['ends', 'idle-2', 'idle-50', 'later', 'plain']);
      expect(await listIds(store, { ...before, expiresAfter: getDay(20) - 1 })).toEqual([
        ...['idle-2', 'idle-50', 'later', 'plain'],
      ]);
    });

    it('lists keys by their idle end, each once for a notice', async ({ store }) => {
      await insert(
        store,
        createBound('never', null),
        createBound('ten', 10),
        createBound('used', 10, 3),
        createBound('five', 5),
      );
      const idle = { after: getDay(4), before: getDay(10) + 1 };
      expect(await listIds(store, { idle })).toEqual(['five', 'ten']);
      expect(await listIds(store, { idle: { ...idle, after: getDay(5) } })).toEqual(['ten']);
      expect(await listIds(store, { idle: { ...idle, before: getDay(10) } })).toEqual(['five']);
      const enforced = { default: { maxLifetimeDays: null, maxIdleDays: 6 } };
      expect(await listIds(store, { idle, enforced })).toEqual(['five', 'never', 'ten', 'used']);

      const thresholdSeconds = (4 * dayMs) / 1000;
      const noticed = { idle: { ...idle, withoutNotice: thresholdSeconds } };
      expect(await listIds(store, noticed)).toEqual(['ten']);
      const note = (expiresAt: number): Promise<boolean> =>
        store.transact((transaction) =>
          transaction.noteExpiry(
            { keyId: 'ten', expiresAt, thresholdSeconds },
            createSampleEvent(createSampleKey({ id: 'ten' }), { action: 'key.expiring' }),
          ),
        );
      await note(getDay(9));
      expect(await listIds(store, noticed)).toEqual(['ten']);
      await note(getDay(10));
      expect(await listIds(store, noticed)).toEqual([]);
      // Its idle end has moved on.
      await store.recordUse([createSampleUse({ keyId: 'ten', at: getDay(0) + 1 })]);
      expect(await listIds(store, { idle: { ...noticed.idle, before: getDay(11) } })).toEqual(['ten']);
    });
  });
}
