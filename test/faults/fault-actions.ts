import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { Fleet, Member } from './fleet.js';
import type { HistoryRecorder } from './history-recorder.js';
import { pause } from './pause.js';
import type { SeededRandom } from './seeded-random.js';
import { TestedKey, takings } from './tested-key.js';

/** What a fault is made with. */
export interface FaultContext {
  readonly fleet: Fleet;
  readonly recorder: HistoryRecorder;
  readonly random: SeededRandom;
}

/** One fault from its beginning to its end. Rejects when it did not happen. */
export type FaultAction = (context: FaultContext) => Promise<void>;

const longPause = ({ random }: FaultContext): Promise<void> => pause(random.between(1_000, 6_000));

/** Runs commands on Redis around the proxies. */
export async function onRedis<T>(
  fleet: Fleet,
  work: (redis: Redis) => Promise<T>,
  password?: string,
): Promise<T> {
  const options = { commandTimeout: 20_000, ...(password === undefined ? {} : { password }) };
  const redis = new Redis(fleet.redis?.port ?? 0, '127.0.0.1', options);
  redis.on('error', () => undefined);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** Runs a statement on PostgreSQL around the proxies. */
export async function onPostgres<T>(fleet: Fleet, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: fleet.databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const redisFaults: Record<string, FaultAction> = {
  async 'Redis stands still'(context) {
    context.fleet.redis?.pause();
    await longPause(context);
    context.fleet.redis?.resume();
  },
  async 'Redis is killed and comes back empty'(context) {
    await context.fleet.redis?.kill();
    await longPause(context);
    await context.fleet.restartRedis();
  },
  async 'Redis is flushed'({ fleet }) {
    await onRedis(fleet, (redis) => redis.flushall());
  },
  async 'subscribers lose their connections'({ fleet }) {
    await onRedis(fleet, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
  },
  async 'an old entry is written back after a revocation, suspension or plan change'({
    fleet,
    recorder,
    random,
  }) {
    // Chosen anew for each request: the one of before may have been killed meanwhile.
    const anyMember = (): Member => random.pick(fleet.members);
    const key = await TestedKey.create(recorder, anyMember());
    if (key === null) return;
    await key.makeChild(anyMember());
    const used = key.withDescendants('read');
    const entries = await onRedis(fleet, async (redis) => {
      for (const usable of used) await key.use(usable, anyMember());
      await pause(50);
      const ids = [key.id, ...key.descendantIds];
      return (await Promise.all(ids.map((id) => readEntries(redis, id)))).flat();
    });
    await key[random.pick(takings)](anyMember());
    await onRedis(fleet, (redis) => writeEntries(redis, entries));
    for (const on of [...fleet.members]) {
      for (const usable of used) if (fleet.members.includes(on)) await key.use(usable, on);
    }
  },
};

const postgresFaults: Record<string, FaultAction> = {
  async 'PostgreSQL is slow'(context) {
    for (const { database } of context.fleet.members) {
      database?.set({ kind: 'delay', toServerMs: context.random.between(10, 150), toClientMs: 20 });
    }
    await longPause(context);
    letThrough(context.fleet.members);
  },
  async 'PostgreSQL does not answer'(context) {
    for (const { database } of context.fleet.members) database?.set({ kind: 'black-hole' });
    await longPause(context);
    letThrough(context.fleet.members);
  },
  async 'one process cannot reach PostgreSQL'(context) {
    const { database } = context.random.pick(context.fleet.members);
    database?.set({ kind: 'black-hole' });
    await longPause(context);
    database?.set({ kind: 'pass' });
  },
  async 'connections to PostgreSQL are reset'({ fleet }) {
    for (const { database } of fleet.members) database?.resetAll();
    await pause(0);
  },
  async 'PostgreSQL ends the listening connections'({ fleet }) {
    await onPostgres(fleet, (client) =>
      client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'",
      ),
    );
  },
};

/** Faults of processes; the process is named where what happens is its own standing still. */
const processFaults: Record<string, FaultAction> = {
  async 'a process is killed and another one started'({ fleet, recorder, random }) {
    const member = random.pick(fleet.members);
    await recorder.disturb('killed', member.name, () => fleet.kill(member));
    await fleet.start();
  },
  async 'a process starts while a key is revoked, or its owner suspended or demoted'({
    fleet,
    recorder,
    random,
  }) {
    const key = await TestedKey.create(recorder, random.pick(fleet.members));
    await key?.makeChild(random.pick(fleet.members));
    const starting = fleet.start();
    await pause(random.between(100, 600));
    if (key !== null) await key[random.pick(takings)](random.pick(fleet.members));
    const late = await starting;
    for (const usable of key?.everything() ?? []) await key?.use(usable, late);
  },
};

/** A process without requests goes quiet, misses a change, and is then asked by many at once. */
async function goQuiet({ fleet, recorder, random }: FaultContext): Promise<void> {
  // Clients ask only those that are in the fleet: this one is asked only here.
  const lone = await fleet.startAside({ QUIET_AFTER_SECONDS: '1' });
  try {
    const key = await TestedKey.create(recorder, random.pick(fleet.members));
    if (key === null) return;
    await key.makeChild(random.pick(fleet.members));
    for (let time = 0; time < 2; time += 1)
      for (const usable of key.everything()) await key.use(usable, lone);
    await pause(random.between(900, 2_500));
    const taking = key[random.pick(takings)](random.pick(fleet.members));
    await pause(random.between(0, 50));
    await Promise.all(key.everything().map((usable) => key.use(usable, lone)));
    await taking;
    for (const usable of key.everything()) await key.use(usable, lone);
  } finally {
    await fleet.end(lone);
  }
}

/** A process stands still and goes on. It has to be known which one, to judge its answers. */
async function standStill(context: FaultContext): Promise<void> {
  const member = context.random.pick(context.fleet.members);
  await context.recorder.disturb('stands still', member.name, async () => {
    member.app.pause();
    await longPause(context);
    member.app.resume();
    // What has piled up is answered first.
    await pause(500);
  });
}

/** Which faults there are for a fleet: those of one list come one after the other, and together with the others'. */
export function faultsFor({ place }: Pick<Fleet, 'place'>): readonly Readonly<Record<string, FaultAction>>[] {
  const ofServers = {
    ...(place.endsWith('Redis') ? redisFaults : {}),
    ...(place.startsWith('PostgreSQL') ? postgresFaults : {}),
  };
  const ofProcesses = {
    ...processFaults,
    'a process stands still': standStill,
    'a process is quiet while something is taken away': goQuiet,
  };
  return Object.keys(ofServers).length === 0 ? [ofProcesses] : [ofServers, ofProcesses];
}

/** The entries of one key as they stand in Redis: name and value. */
export async function readEntries(redis: Redis, keyId: string): Promise<readonly [string, string][]> {
  const names = await redis.keys(`*{${keyId}}*`);
  const values = await Promise.all(names.map((name) => redis.get(name)));
  return names.map((name, index) => [name, values[index] ?? '']);
}

/** Writes entries by hand, over whatever stands there. */
export async function writeEntries(redis: Redis, entries: readonly [string, string][]): Promise<void> {
  for (const [name, value] of entries) await redis.set(name, value, 'PX', 5_000);
}

function letThrough(members: readonly Member[]): void {
  for (const { database } of members) database?.set({ kind: 'pass' });
}
