import type { CachedCopy } from '../../lib/ports/verification-cache.js';
import {
  asCached,
  fillAndWait,
  makeCopy,
  makePepper,
  makePrefix,
  openCache,
  settle,
  waitFor,
} from './cache-fixture.js';
import { callsOf, client, pause, start, stopAll, timed } from './server-fixture.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

jest.setTimeout(60_000);

afterEach(stopAll);

/** What every read is given on a machine that may stand still for a second, where the deadline is not the subject. */
const amply = { deadlineMs: 5_000 };

async function openFilled(count: number, given: { readonly deadlineMs?: number } = amply) {
  const server = await start();
  const admin = client(server.url);
  const options = { connection: server.url, keyPrefix: makePrefix(), peppers: [makePepper()], ...given };
  const cache = await openCache(options);
  const copies = Array.from({ length: count }, (_, i) => makeCopy({}, i));
  for (const copy of copies) cache.publish(copy, Date.now());
  await settle(cache);
  await admin.config('RESETSTAT');
  return { server, admin, cache, copies, options };
}

const readAll = (
  cache: { get(id: string): Promise<CachedCopy | null> },
  copies: readonly CachedCopy[],
): Promise<(CachedCopy | null)[]> => Promise.all(copies.map(({ key }) => cache.get(key.id)));

describe('many lookups at once', () => {
  it('are few commands, and each gets its own copy', async () => {
    const { admin, cache, copies } = await openFilled(64);
    expect(await readAll(cache, copies)).toEqual(copies.map(asCached));
    const calls = await callsOf(admin);
    // One at once, the others together; the lookups within the script are counted too.
    expect(calls['evalsha']).toBe(1);
    expect(calls['getrange']).toBe(64);
    expect(calls['get']).toBeUndefined();
  });

  it('read the same name once', async () => {
    const { admin, cache, copies } = await openFilled(2);
    const [one, two] = copies as [CachedCopy, CachedCopy];
    const found = await readAll(cache, [one, ...Array.from({ length: 50 }, () => two)]);
    expect(found).toEqual([asCached(one), ...Array.from({ length: 50 }, () => asCached(two))]);
    const calls = await callsOf(admin);
    expect(calls['getrange']).toBe(2);
    expect(calls['evalsha']).toBeUndefined();
  });

  it('are at most a hundred names a command', async () => {
    const { admin, cache, copies } = await openFilled(350);
    expect(await readAll(cache, copies)).toEqual(copies.map(asCached));
    expect((await callsOf(admin))['evalsha']).toBe(4);
  });

  it('get what is there among what is not', async () => {
    const { cache, copies } = await openFilled(5);
    const mixed = copies.flatMap((copy) => [makeCopy(), copy]);
    const expected = mixed.map((copy) => (copies.includes(copy) ? asCached(copy) : null));
    expect(await readAll(cache, mixed)).toEqual(expected);
  });
});

describe('a single lookup', () => {
  it('is one plain command', async () => {
    const { admin, cache, copies } = await openFilled(5);
    for (const copy of copies) expect(await cache.get(copy.key.id)).toEqual(asCached(copy));
    const calls = await callsOf(admin);
    expect(calls['getrange']).toBe(5);
    expect(calls['evalsha']).toBeUndefined();
  });
});

describe('a Redis that forgot its scripts', () => {
  it('is sent them again', async () => {
    const { admin, cache, copies } = await openFilled(20);
    await admin.script('FLUSH');
    expect(await readAll(cache, copies)).toEqual(copies.map(asCached));
    await admin.script('FLUSH');
    const more = makeCopy();
    cache.fill(more, Date.now());
    await waitFor(async () => (await cache.get(more.key.id)) !== null);
    const calls = await callsOf(admin);
    expect(calls['eval']).toBeGreaterThanOrEqual(2);
    expect(await readAll(cache, copies)).toEqual(copies.map(asCached));
    expect(cache.logger.messages).toEqual([]);
  });
});

describe('a batch', () => {
  it('survives values of other types, and reads no more than an entry can have', async () => {
    const { admin, cache, copies, options } = await openFilled(10);
    const names = await admin.keys(`${options.keyPrefix}*`);
    const formatName = (i: number): string => names.find((name) => name.includes(copies[i]!.key.id)) ?? '';
    await admin.del(formatName(3), formatName(4), formatName(5));
    await admin.rpush(formatName(3), 'a');
    await admin.hset(formatName(4), 'a', 'b');
    await admin.set(formatName(5), Buffer.alloc(5_000_000, 'A'));
    await admin.config('RESETSTAT');
    const found = await readAll(cache, copies);
    expect(found).toEqual(copies.map((copy, i) => ([3, 4, 5].includes(i) ? null : asCached(copy))));
    const sent = Number(/total_net_output_bytes:(\d+)/.exec(await admin.info('stats'))?.[1]);
    expect(sent).toBeLessThan(200_000);
    expect(cache.status()).toBe('up');
    for (const i of [3, 4, 5]) await fillAndWait(cache, copies[i]!);
  });

  it('is given up as a whole at one deadline', async () => {
    const { server, cache, copies } = await openFilled(200, {});
    server.pause();
    const answers = await Promise.all(copies.map(({ key }) => timed(cache.get(key.id))));
    expect(answers.every(({ answer }) => answer === null)).toBe(true);
    await machine.expectWithin(600, Math.max(...answers.map(({ ms }) => ms)));
    expect(cache.status()).toBe('down');
    expect(cache.logger.messages).toHaveLength(1);
    server.resume();
    await waitFor(() => cache.status() === 'up');
    expect(await readAll(cache, copies)).toEqual(copies.map(asCached));
  });
});

it('counts an answer that came while the process stood still', async () => {
  const { cache, copies } = await openFilled(1, {});
  const found = cache.get(copies[0]!.key.id);
  await pause(0);
  const until = performance.now() + 400;
  while (performance.now() < until);
  expect(await found).toEqual(asCached(copies[0]!));
  expect(cache.status()).toBe('up');
});
