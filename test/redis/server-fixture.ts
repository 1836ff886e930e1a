import { Redis, type RedisOptions } from 'ioredis';
import { startRedis } from '../servers/redis.cjs';
import { closeCaches } from './cache-fixture.js';

export type StartedRedis = Awaited<ReturnType<typeof startRedis>>;

const servers: StartedRedis[] = [];
const clients: { disconnect(): void }[] = [];

/** A Redis of the test's own, which may be paused, killed and reconfigured. */
export async function start(options?: Parameters<typeof startRedis>[0]): Promise<StartedRedis> {
  const server = await startRedis(options);
  servers.push(server);
  return server;
}

/** Stops a server now, so that another one can have its port. */
export async function stopNow(server: StartedRedis): Promise<void> {
  servers.splice(servers.indexOf(server), 1);
  await server.stop();
}

/** A client as an app would make it. */
export function client(url: string, options: Omit<RedisOptions, 'replyMapping'> = {}): Redis {
  return disconnectLater(new Redis(url, { disconnectTimeout: 100, ...options }));
}

/** Disconnects a client after the test. */
export function disconnectLater<T extends NodeJS.EventEmitter & { disconnect(): void }>(made: T): T {
  made.on('error', () => undefined);
  clients.push(made);
  return made;
}

/** To be called after each test. */
export async function stopAll(): Promise<void> {
  await closeCaches();
  for (const made of clients.splice(0)) made.disconnect();
  for (const server of servers.splice(0)) {
    server.resume();
    await server.stop();
  }
}

/** How often a server was asked each command, since its start or since `CONFIG RESETSTAT`. */
export async function callsOf(admin: Redis): Promise<Readonly<Record<string, number>>> {
  const lines = (await admin.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  return Object.fromEntries([...lines].map(([, name = '', calls]) => [name, Number(calls)]));
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function timed<T>(work: Promise<T>): Promise<{ answer: T; ms: number }> {
  const startedAt = performance.now();
  const answer = await work;
  return { answer, ms: performance.now() - startedAt };
}
