import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createApiKeys, type ApiKeys } from '../../lib/index.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { watchMachine } from '../harness/machine-watch.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { waitUntil } from '../servers/wait-until.cjs';

const machine = watchMachine();

/** How long processes are watched, in seconds: several checks of the listening connection, and no housekeeping. */
const watchedSeconds = 24;
/** The starting process looks at the list more often. */
const startSeconds = 9;

/** What processes send to the database, and what they read. */
class Traffic {
  statements: string[] = [];
  rows = 0;

  clear(): void {
    this.statements = [];
    this.rows = 0;
  }

  /** A pool of an app whose clients, the listening one too, are counted. */
  createPool(connectionString: string): pg.Pool {
    const note = (statement: unknown): void => {
      this.statements.push(
        typeof statement === 'string' ? statement : String((statement as { readonly text?: string }).text),
      );
    };
    const addRows = (count: number | null): void => void (this.rows += count ?? 0);
    class CountedClient extends pg.Client {
      override query(...args: unknown[]): never {
        note(args[0]);
        const answer = (super.query as (...all: unknown[]) => unknown)(...args);
        if (answer instanceof Promise) {
          answer.then(
            (result: pg.QueryResult) => addRows(result.rowCount),
            () => undefined,
          );
        }
        return answer as never;
      }
    }
    return new pg.Pool({ connectionString, Client: CountedClient, max: 2 } as pg.PoolConfig);
  }
}

interface Measured {
  readonly statementsPerSecond: number;
  readonly rowsPerSecond: number;
  readonly statements: readonly string[];
}

/** Watches them for a while: again, if the machine stood still so long that one asked instead of listening. */
async function watchIdle(
  processes: readonly ApiKeys<Scope>[],
  traffic: Traffic,
): Promise<{ readonly statements: readonly string[]; readonly rows: number; readonly seconds: number }> {
  for (let tries = 1; ; tries += 1) {
    await waitUntil('all processes listen', () =>
      processes.every((each) => each.status().wakeMode === 'push'),
    );
    // Whoever asks for the status has the list of processes read: nobody does so meanwhile.
    await sleep(startSeconds * 1_000);
    traffic.clear();
    const from = performance.now();
    await sleep(watchedSeconds * 1_000);
    const until = performance.now();
    const { rows } = traffic;
    const statements = [...traffic.statements];
    const isListening = processes.every((each) => each.status().wakeMode === 'push');
    const stood = (await machine.slowness()).standstillsOf(1_000).filter(([, end]) => end > from);
    if ((isListening && stood.length === 0) || tries === 4) {
      return { statements, rows, seconds: (until - from) / 1_000 };
    }
  }
}

/** Starts processes on one database, lets them do nothing, and counts what each of them costs. */
async function measureIdle(count: number): Promise<Measured> {
  const database = await makeOwnDatabase('PostgreSQL');
  const traffic = new Traffic();
  const pools = Array.from({ length: count }, () => traffic.createPool(database.url));
  const processes: ApiKeys<Scope>[] = pools.map((pool) =>
    createApiKeys<Scope>({
      ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8 },
      database: pool,
    }),
  );
  try {
    for (const each of processes) await each.ready();
    await waitUntil('all processes listen', () =>
      processes.every((each) => each.status().wakeMode === 'push' && each.status().processes === count),
    );
    const { statements, rows, seconds } = await watchIdle(processes, traffic);
    const share = count * seconds;
    return { statementsPerSecond: statements.length / share, rowsPerSecond: rows / share, statements };
  } finally {
    await Promise.all(processes.map((each) => each.close()));
    await Promise.all(pools.map((pool) => pool.end()));
    await database.remove();
  }
}

describe('Idle processes on PostgreSQL', () => {
  it('send at most 1.2 statements a second each, and read no more rows where there are more of them', async () => {
    const [one, five] = await Promise.all([measureIdle(1), measureIdle(5)]);
    // They do beat.
    expect(one.statements.filter((text) => text.includes('update')).length).toBeGreaterThan(5);
    for (const { statementsPerSecond, statements } of [one, five]) {
      if (statementsPerSecond > 1.2) expect(statements.toSorted()).toEqual([]);
    }
    // The beat returns one row however many processes there are; the whole list is read twice a minute.
    expect(one.rowsPerSecond).toBeLessThanOrEqual(1.3);
    expect(five.rowsPerSecond).toBeLessThanOrEqual(1.5);
  }, 300_000);
});
