import { onRedis, readEntries } from '../fault-actions.js';
import { insist } from '../insist.js';
import { pause } from '../pause.js';
import { waitUntil } from '../../servers/wait-until.cjs';
import { redisRows } from './redis-rows.js';

jest.setTimeout(180_000);

const { fleet, proxies, expectNothingLost, setProxies, expectRedis, configure } = redisRows();

it('F4, R44: Redis takes a second for each reply, and guarded requests do not', async () => {
  await expectNothingLost(async () => {
    const end = setProxies({ kind: 'delay', toServerMs: 0, toClientMs: 1_000 });
    await expectRedis('down');
    return end;
  });
  expect(proxies().every(({ counts }) => counts.delayed > 0)).toBe(true);
});

it('F5: Redis stands still, and goes on with what it was sent before', async () => {
  await expectNothingLost(async () => {
    fleet().redis?.pause();
    await expectRedis('down');
    return () => Promise.resolve(fleet().redis?.resume());
  });
});

it('F6: Redis sends garbage', async () => {
  await expectNothingLost(async () => {
    const end = setProxies({ kind: 'garbage' });
    await expectRedis('down');
    return end;
  });
  expect(proxies().every(({ counts }) => counts.garbled > 0)).toBe(true);
});

it('F8: the primary becomes a replica that takes no writes', async () => {
  await expectNothingLost(async () => {
    await onRedis(fleet(), (redis) => redis.call('REPLICAOF', '127.0.0.1', '1'));
    const write = onRedis(fleet(), (redis) => redis.set('x', 'y'));
    await expect(write).rejects.toThrow(/READONLY/);
    return () => onRedis(fleet(), (redis) => redis.call('REPLICAOF', 'NO', 'ONE'));
  });
});

it('F9: Redis has no memory left, and reads show the old value', async () => {
  await expectNothingLost(async () => {
    await configure('maxmemory', '1', 'maxmemory-policy', 'noeviction');
    const write = onRedis(fleet(), (redis) => redis.set('x', 'y'));
    await expect(write).rejects.toThrow(/OOM/);
    return () => configure('maxmemory', '0');
  });
});

it('F17: everything is flushed, and another app has written under the same names', async () => {
  await expectNothingLost(async () => {
    await onRedis(fleet(), (redis) => redis.flushall());
    return () => onRedis(fleet(), (redis) => redis.flushall());
  });
  const { app } = fleet().member(0);
  await onRedis(fleet(), async (redis) => {
    let key = '';
    let names: readonly string[] = [];
    // A copy that Redis was too slow to take is not offered again: then there is another key.
    await waitUntil('Redis has an entry of a new key', async () => {
      const created = await insist(() =>
        app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] }),
      );
      key = String(created.body['key']);
      expect((await app.use(key)).status).toBe(200);
      await pause(100);
      names = (await readEntries(redis, String(created.body['id']))).map(([name]) => name);
      return names.length > 0;
    });
    for (const name of names) await redis.multi().del(name).lpush(name, 'a list').exec();
    expect((await fleet().member(1).app.use(key)).status).toBe(200);
  });
});
