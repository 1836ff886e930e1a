import { setImmediate as nextTurn } from 'node:timers/promises';
import { isProblem } from '../../lib/errors.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(120_000);

/** More changes than a share has room for. */
const crowd = 600;
const alice = { kind: 'owner', ownerId: 'alice' } as const;

describe.each(['PostgreSQL', 'SQLite'] as const)(
  'while an owner floods its share of the changes on %s',
  (kind) => {
    let database: OwnDatabase;
    let instance: TestInstance;

    beforeEach(async () => {
      database = await makeOwnDatabase(kind);
      instance = createInstance({ database: database.url, clock: undefined });
      await instance.apiKeys.ready();
    });
    afterEach(async () => {
      await instance.apiKeys.close();
      await database.remove();
    });

    /** Begins all of them at once. */
    function flood(change: (index: number) => Promise<unknown>) {
      const counts = { done: 0, refused: 0 };
      const one = async (index: number): Promise<void> => {
        try {
          await change(index);
          counts.done += 1;
        } catch (error) {
          if (!isProblem(error, 'unavailable')) throw error;
          counts.refused += 1;
        }
      };
      return { counts, ended: Promise.all(Array.from({ length: crowd }, (_, index) => one(index))) };
    }

    it('P4: an admin resumes it', async () => {
      const { id } = await instance.key();
      const { keys, owners } = instance.apiKeys;
      const admin = { kind: 'admin', id: 'ada' } as const;
      await owners.as(admin).suspend({ ownerId: 'alice' });
      const { counts, ended } = flood((index) => keys.as(alice).update({ id, name: `CI ${index}` }));
      while (counts.refused === 0) await nextTurn();
      const resumed = await owners.as(admin).resume({ ownerId: 'alice' });
      expect(resumed.suspendedAt).toBeNull();
      expect(counts.done).toBeLessThan(crowd / 4);
      await ended;
      expect(counts.refused).toBeGreaterThan(crowd / 2);
    });

    it('P4: by changes that may narrow rights, keys of others are made, and it ends its own', async () => {
      const [{ id }, { id: leaked }] = [await instance.key(), await instance.key()];
      const { keys } = instance.apiKeys;
      const { counts, ended } = flood((index) =>
        keys
          .as(alice)
          .update({ id, rateLimits: [{ name: 'minute', limit: 1_000 + index, windowSeconds: 60 }] }),
      );
      const made = keys.as(theApp).create({ ownerId: 'bob', name: 'CI', scopes: ['orders:read'] });
      const revoked = keys.as(alice).revoke({ id: leaked });
      expect((await made).ownerId).toBe('bob');
      expect((await revoked).state).toBe('revoked');
      expect(counts.done).toBeLessThan(crowd / 4);
      await ended;
      expect(counts.refused).toBeGreaterThan(crowd / 2);
    });
  },
);
