import { Cluster, Redis } from 'ioredis';
import { listClientWarnings } from '../../lib/redis/client-warnings.js';
import { makeCopy, openCache, waitFor } from './cache-fixture.js';
import { client, start, stopAll, stopNow } from './server-fixture.js';

jest.setTimeout(60_000);

afterEach(stopAll);

const lazy = { lazyConnect: true } as const;
const sentinels = [{ host: '127.0.0.1', port: 1 }];
const nodes = ['redis://127.0.0.1:1'];

describe('listClientWarnings', () => {
  it.each([
    ['default options', () => new Redis(lazy)],
    ['deadlines', () => new Redis({ ...lazy, commandTimeout: 500, socketTimeout: 500 })],
    [
      'a Sentinel and its detector',
      () => new Redis({ ...lazy, name: 'm', sentinels, failoverDetector: true }),
    ],
    ['a Cluster', () => new Cluster(nodes, lazy)],
  ])('has nothing to say about %s', (_, make) => {
    expect(listClientWarnings(make())).toEqual([]);
  });

  it.each([
    ['failoverDetector: true', () => new Redis({ ...lazy, name: 'm', sentinels })],
    ['retryStrategy: (attempt)', () => new Redis({ ...lazy, retryStrategy: null })],
    [
      'clusterRetryStrategy: (attempt)',
      () => new Cluster(nodes, { ...lazy, clusterRetryStrategy: null as never }),
    ],
    ['leave the option out', () => new Redis({ ...lazy, enableReadyCheck: false })],
  ])('says to write %s', (instead, make) => {
    const warnings = listClientWarnings(make());
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(instead);
  });
});

it('is reported once, through the logger', async () => {
  const server = await start();
  const cache = await openCache({ connection: client(server.url, { enableReadyCheck: false }) });
  await cache.get(makeCopy().key.id);
  expect(cache.logger.messages).toEqual([
    'api-keys: redis: with enableReadyCheck: false a Redis that is still loading its data is treated as ready; leave ' +
      'the option out',
  ]);
});

it('tells once of a client that gave up', async () => {
  const server = await start();
  const connection = client(server.url, { retryStrategy: (attempt) => (attempt > 2 ? null : 10) });
  const cache = await openCache({ connection });
  expect(cache.logger.messages).toEqual([]);
  await stopNow(server);
  await waitFor(() => connection.status === 'end');
  await waitFor(() => cache.logger.messages.some((message) => message.includes('does not reconnect')));
  expect(cache.status()).toBe('down');
  expect(cache.logger.messages.filter((message) => message.includes('retryStrategy'))).toHaveLength(1);
});

it('tells nothing of a client that was closed after the cache', async () => {
  const server = await start();
  const connection = client(server.url);
  const cache = await openCache({ connection });
  await cache.close();
  await connection.quit();
  expect(cache.logger.messages).toEqual([]);
});
