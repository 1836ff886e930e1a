import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createBcryptPool, type BcryptPool } from '../../lib/crypto/bcrypt-pool.js';
import type { BcryptRunner } from '../../lib/crypto/bcrypt-task.js';
import { createBcryptQueue } from '../../lib/crypto/bcrypt-queue.js';
import { startBcryptWorker } from '../../lib/crypto/bcrypt-worker.js';
import { SlowHashTimeout } from '../../lib/ports/secret-hasher.js';

jest.setTimeout(90_000);

const bounds = { maxQueue: 100, deadlineMs: 20_000 };
const pools: BcryptPool[] = [];
let messages: string[] = [];
let workers: BcryptRunner[] = [];

/** A pool whose workers the test can end. */
function open(
  size: number,
  start: () => BcryptRunner = startBcryptWorker,
  queue = createBcryptQueue({ matching: bounds, importedMatching: bounds, minting: bounds }),
): BcryptPool {
  messages = [];
  workers = [];
  const pool = createBcryptPool({
    size,
    queue,
    logger: {
      warn: (message) => void messages.push(message),
      error: (message) => void messages.push(message),
    },
    startWorker: () => {
      const worker = start();
      workers.push(worker);
      return worker;
    },
  });
  pools.push(pool);
  return pool;
}

const mint = (pool: BcryptPool, cost = 8): Promise<unknown> => pool.run('minting', { input: 'input', cost });

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('workers', () => {
  it('are started when there is something to do, and no more than allowed', async () => {
    const pool = open(2);
    expect(workers).toHaveLength(0);
    await mint(pool);
    expect(workers).toHaveLength(1);
    await Promise.all(Array.from({ length: 10 }, () => mint(pool)));
    expect(workers).toHaveLength(2);
    expect(messages).toEqual([]);
  });

  it('are replaced when they end, and what they had is done again', async () => {
    const pool = open(1);
    await mint(pool);
    const answer = mint(pool, 12);
    await workers[0]!.stop();
    expect(await answer).toMatch(/^\$2b\$12\$/);
    expect(workers).toHaveLength(2);
  });

  it('are stopped when one takes too long, and the refusal says that it has cost a slow hash', async () => {
    const queue = createBcryptQueue({
      ...{ matching: bounds, minting: bounds },
      importedMatching: { ...bounds, runMs: 5 },
    });
    const pool = open(1, startBcryptWorker, queue);
    await mint(pool);
    const hash = String(await mint(pool, 12));
    const answer = pool.run('importedMatching', { input: 'input', hash });
    await expect(answer).rejects.toMatchObject({
      ...{ code: 'ERR_API_KEYS_UNAVAILABLE', cause: expect.any(SlowHashTimeout) as unknown },
    });
  });

  it('do not take a question down with them twice', async () => {
    const pool = open(1);
    await mint(pool);
    const answer = mint(pool, 14).catch((error: unknown) => error);
    await workers[0]!.stop();
    await workers[1]!.stop();
    expect(await answer).toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
    expect(await mint(pool)).toMatch(/^\$2b\$08\$/);
  });

  it('are replaced when they ended while they had nothing to do', async () => {
    const pool = open(1);
    await mint(pool);
    await workers[0]!.stop();
    expect(await mint(pool)).toMatch(/^\$2b\$08\$/);
    expect(workers).toHaveLength(2);
    expect(messages).toEqual([]);
  });
});

describe('without workers', () => {
  it.each([
    [
      'they cannot be started',
      () => {
        throw new Error('no threads');
      },
    ],
    [
      'they end before they have come up',
      () => {
        const worker = startBcryptWorker();
        void worker.stop();
        return worker;
      },
    ],
  ])('the main thread answers, one question at a time and with one warning, when %s', async (_, start) => {
    const pool = open(3, start);
    const order: number[] = [];
    const hashes = await Promise.all(
      Array.from({ length: 6 }, async (__, i) => {
        const hash = await mint(pool);
        order.push(i);
        return String(hash);
      }),
    );
    expect(hashes.every((hash) => hash.startsWith('$2b$08$'))).toBe(true);
    expect(order).toHaveLength(6);
    expect(await pool.run('matching', { input: 'input', hash: hashes[0]! })).toBe(true);
    expect(await pool.run('matching', { input: 'other', hash: hashes[0]! })).toBe(false);
    expect(messages).toEqual([expect.stringContaining('on the main thread')]);
  });
});

describe('the queue', () => {
  const question = { input: 'input', cost: 8 };

  it.each(['importedMatching', 'minting'] as const)(
    'refuses more of a share that has too much of %s waiting, and takes what others add',
    async (lane) => {
      const some = { maxQueue: 200, maxPerShare: 150, deadlineMs: 3000 };
      const queue = createBcryptQueue({ matching: some, importedMatching: some, minting: some });
      const add = (share: string): Promise<string> => {
        const outcome = queue.add(lane, { input: share, cost: 8 }, share).then(
          () => 'done',
          () => 'refused',
        );
        return Promise.race([outcome, setImmediate('waits')]);
      };
      const fill = () => Promise.all(Array.from({ length: 200 }, () => add('flood')));
      expect(new Set(await fill())).toEqual(new Set(['waits', 'refused']));
      // Each takes 40 ms or more: what waits is too much for 3 s.
      for (let taken = 0; taken < 20; taken += 1) {
        queue.take();
        await sleep(40);
      }
      expect(await add('flood')).toBe('refused');
      expect(await Promise.all([add('one'), add('two')])).toEqual(['waits', 'waits']);
      const next = Array.from({ length: 3 }, () => queue.take()?.task.input);
      expect(next).toEqual(['flood', 'one', 'two']);
      queue.clear(new Error('the test is over'));
    },
  );

  it('serves its lanes in turn, each in order', () => {
    const queue = createBcryptQueue({ matching: bounds, importedMatching: bounds, minting: bounds });
    const added = (['matching', 'matching', 'matching', 'minting', 'minting'] as const).map((lane) =>
      queue.add(lane, question),
    );
    expect(queue.isEmpty()).toBe(false);
    const lanes = Array.from({ length: 5 }, () => queue.take()?.lane);
    expect(lanes).toEqual(['minting', 'matching', 'minting', 'matching', 'matching']);
    expect(queue.take()).toBeUndefined();
    expect(queue.isEmpty()).toBe(true);
    expect(added).toHaveLength(5);
  });

  it('lets go of what waited too long', async () => {
    const queue = createBcryptQueue({
      matching: { maxQueue: 1, deadlineMs: 20 },
      importedMatching: bounds,
      minting: bounds,
    });
    await expect(queue.add('matching', question)).rejects.toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
    expect(queue.isEmpty()).toBe(true);
  });
});
