import { setTimeout as sleep } from 'node:timers/promises';
import { makeOwnDatabase } from '../../harness/own-database.js';
import { startOrders, type OrdersEnvironment, type OrdersProcess } from '../../harness/start-orders.js';
import { startRedis } from '../../servers/redis.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { acceptedBy, expectTaken, register, send, sign, type SignedHeaders } from '../signers.js';

jest.setTimeout(120_000);

const refusal = /signed requests are answered with 503, because other processes/g;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** The ways to remember elsewhere: another prefix, another server, or no Redis. */
interface Places {
  readonly usual: OrdersEnvironment;
  readonly others: readonly OrdersEnvironment[];
}

async function makePlaces(): Promise<Places> {
  const database = await makeOwnDatabase('PostgreSQL');
  cleanUps.push(() => database.remove());
  const [one, two] = await Promise.all([startRedis(), startRedis()]);
  cleanUps.push(() => Promise.all([one.stop(), two.stop()]));
  const DATABASE_URL = database.url;
  const usual = { DATABASE_URL, REDIS_URL: one.url };
  return {
    usual,
    others: [
      { ...usual, REDIS_KEY_PREFIX: 'other:' },
      { DATABASE_URL, REDIS_URL: two.url },
      { DATABASE_URL },
    ],
  };
}

async function startAll(environments: readonly OrdersEnvironment[]): Promise<readonly OrdersProcess[]> {
  const processes = await Promise.all(environments.map((each) => startOrders(each)));
  for (const each of processes) cleanUps.push(async () => (each.hasEnded() ? undefined : each.stop()));
  return processes;
}

describe('mixed Redis settings', () => {
  it('P9: of processes that start together and remember signatures in different places, those of one place take them', async () => {
    const { usual, others } = await makePlaces();
    const processes = await startAll([usual, ...others]);
    const signer = await register(processes[0]!);
    let accepted = 0;
    await waitUntil('one of them accepts a signature', async () => {
      const headers = sign(signer);
      const counts = [await acceptedBy(processes, headers), await acceptedBy(processes, headers)];
      expect(counts[0]! + counts[1]!).toBeLessThanOrEqual(1);
      accepted += counts[0]!;
      return accepted > 0;
    });
    for (let round = 0; round < 20; round += 1) {
      const headers = await expectTaken(processes, signer);
      expect(await acceptedBy(processes, headers)).toBe(0);
    }
    // Every process but those of one place reports it, once.
    await waitUntil('all others say so', () => {
      const told = processes.map((each) => each.output().match(refusal)?.length ?? 0);
      return (
        told.filter((count) => count === 1).length === 3 && told.filter((count) => count === 0).length === 1
      );
    });
    // Limits are split, which every process that counts in a Redis reports.
    await waitUntil('limits are split', async () => {
      const states = await Promise.all(processes.map(async (each) => (await each.status())['limits']));
      return states.join() === 'split,split,split,process';
    });
  });

  it.each([0, 1, 2])(
    'P9: a process that remembers signatures elsewhere takes none before all others have ended, nor any of theirs afterwards: %d',
    async (which) => {
      const { usual, others } = await makePlaces();
      const [before] = (await startAll([usual])) as [OrdersProcess];
      const signer = await register(before);
      await waitUntil('a signature is accepted', async () => (await send(before, sign(signer))) === 200);
      const used: SignedHeaders[] = [];
      const [after] = (await startAll([others[which]!])) as [OrdersProcess];
      for (let round = 0; round < 20; round += 1) {
        const headers = await expectTaken([before], signer);
        expect(await send(after, headers)).toBe(503);
        used.push(headers);
        await sleep(100);
      }
      expect(after.output().match(refusal)).toHaveLength(1);
      if (which === 0) await before.kill();
      else await before.stop();
      await waitUntil('the other one takes over', async () => {
        for (const headers of used) expect(await send(after, headers)).not.toBe(200);
        return (await send(after, sign(signer))) === 200;
      });
      for (const headers of used) expect(await send(after, headers)).not.toBe(200);
      await expectTaken([after, after], signer);
    },
  );

  it('P9: processes that reach one Redis in the same way, or by another name of it, are no others', async () => {
    const { usual } = await makePlaces();
    const byName = { ...usual, REDIS_URL: usual.REDIS_URL!.replace('127.0.0.1', 'localhost') };
    const processes = await startAll([usual, byName]);
    const signer = await register(processes[0]!);
    await waitUntil('a signature is accepted', async () => (await acceptedBy(processes, sign(signer))) === 1);
    for (const each of processes) {
      await expectTaken([each], signer);
      expect((await each.status())['limits']).toBe('shared');
      expect(each.output()).not.toMatch(refusal);
    }
  });
});
