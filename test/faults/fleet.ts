import type { BuiltCopy } from '../harness/built-copy.js';
import type { MachineSlowness } from '../harness/machine-slowness.js';
import { MachineWatch } from '../harness/machine-watch.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { startOrders, type OrdersEnvironment, type OrdersProcess } from '../harness/start-orders.js';
import { startRedis } from '../servers/redis.cjs';
import { pause } from './pause.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** Where the processes of a fleet keep their keys. */
export type Place = 'PostgreSQL and Redis' | 'PostgreSQL' | 'one SQLite file' | 'one SQLite file and Redis';

/** One process, with its own way to the database and to Redis, so that it can be cut off alone. */
export interface Member {
  readonly name: string;
  readonly app: OrdersProcess;
  /** `null` on SQLite. */
  readonly database: TcpProxy | null;
  /** `null` without Redis. */
  readonly redis: TcpProxy | null;
}

/** Several processes of the small app on one database. */
export interface Fleet {
  readonly place: Place;
  /** Those that were not killed. */
  readonly members: readonly Member[];
  /** Around the proxies. */
  readonly databaseUrl: string;
  /** Around the proxies; `null` without Redis. Another one after it was killed. */
  readonly redis: RunningRedis | null;
  /** All that any process has written. */
  output(): string;
  /** How slow the machine has been since the start: clients and proxies run in this process, the product in others. */
  slowness(): Promise<MachineSlowness>;
  member(index: number): Member;
  start(environment?: Partial<OrdersEnvironment>): Promise<Member>;
  /** Starts a process that is not among the members. */
  startAside(environment?: Partial<OrdersEnvironment>): Promise<Member>;
  kill(member: Member): Promise<void>;
  /** As an operator would: the process takes itself off the list, so that no process waits for it. */
  end(member: Member): Promise<void>;
  /** Brings a Redis that was killed back on its port, empty. */
  restartRedis(): Promise<void>;
  /** Waits until every process says that all is normal; rejects after so many milliseconds. */
  untilNormal(timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

export type RunningRedis = Awaited<ReturnType<typeof startRedis>>;

/** What a fleet is made of. */
export interface FleetOptions {
  readonly place: Place;
  readonly processes: number;
  /** The product to run; absent: the sources as they are. */
  readonly copy?: BuiltCopy;
  readonly environment?: Partial<OrdersEnvironment>;
  /** `cache.leaseSeconds` of the processes in the order in which they start, over and over again; absent: the default. */
  readonly leases?: readonly [number, ...number[]];
  /** `cache.quietAfterSeconds` of the processes in the same way; 0: never. */
  readonly quietTimes?: readonly [number, ...number[]];
  /** Where the keys are; absent: a database of its own on the PostgreSQL of the tests, or a file. */
  readonly database?: OwnDatabase;
  /** No proxies in front of the database. */
  readonly isDatabaseDirect?: boolean;
}

/** Starts a fleet on a database of its own, and a Redis of its own where one belongs to it. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { place, processes, copy, environment = {}, leases, quietTimes, isDatabaseDirect = false } = options;
  const kind = place.startsWith('PostgreSQL') ? 'PostgreSQL' : 'SQLite';
  const database = options.database ?? (await makeOwnDatabase(kind));
  let redis = place.endsWith('Redis') ? await startRedis() : null;
  const watch = await MachineWatch.start({ countsOwnLoop: true });
  const members: Member[] = [];
  const proxies: TcpProxy[] = [];
  const apps: OrdersProcess[] = [];
  let started = 0;

  async function proxyOf(port: number): Promise<TcpProxy> {
    const proxy = await startTcpProxy({ port });
    proxies.push(proxy);
    return proxy;
  }

  async function launch(more: Partial<OrdersEnvironment> = {}): Promise<Member> {
    started += 1;
    const name = `process ${started}`;
    const databaseProxy = database.port === null || isDatabaseDirect ? null : await proxyOf(database.port);
    const redisProxy = redis === null ? null : await proxyOf(redis.port);
    const app = await startOrders(
      {
        DATABASE_URL: databaseProxy === null ? database.url : withPort(database.url, databaseProxy.port),
        ...(redisProxy === null ? {} : { REDIS_URL: withPort(redis?.aclUrl ?? '', redisProxy.port) }),
        ...(leases === undefined ? {} : { LEASE_SECONDS: String(leases[started % leases.length]) }),
        ...(quietTimes === undefined
          ? {}
          : { QUIET_AFTER_SECONDS: String(quietTimes[started % quietTimes.length]) }),
        ...environment,
        ...more,
      },
      copy,
    );
    apps.push(app);
    return { name, app, database: databaseProxy, redis: redisProxy };
  }

  async function stop(): Promise<void> {
    for (const proxy of proxies) proxy.set({ kind: 'pass' });
    redis?.resume();
    await Promise.all(apps.filter((app) => !app.hasEnded()).map((app) => app.stop()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await redis?.stop();
    await database.remove();
    await watch.stop();
  }

  try {
    members.push(...(await Promise.all(Array.from({ length: processes }, () => launch()))));
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    place,
    members,
    get databaseUrl() {
      return database.url;
    },
    get redis() {
      return redis;
    },
    output: () => apps.map((app) => app.output()).join(''),
    slowness: () => watch.slowness(),
    member(index) {
      const member = members[index];
      if (member === undefined) throw new Error(`there is no process ${index}`);
      return member;
    },
    async start(more) {
      const member = await launch(more);
      members.push(member);
      return member;
    },
    startAside: (more) => launch(more),
    async kill(member) {
      members.splice(members.indexOf(member), 1);
      await member.app.kill();
    },
    async end(member) {
      if (members.includes(member)) members.splice(members.indexOf(member), 1);
      await member.app.stop();
    },
    async restartRedis() {
      const port = redis?.port;
      await redis?.stop();
      redis = await startRedis(port === undefined ? {} : { port });
    },
    async untilNormal(timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const states = await Promise.all(members.map(({ app }) => app.status()));
        if (states.every(({ state }) => state === 'normal')) return;
        if (performance.now() > deadline) throw new Error(`not normal again: ${JSON.stringify(states)}`);
        await pause(50);
      }
    },
    stop,
  };
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.toString();
}
