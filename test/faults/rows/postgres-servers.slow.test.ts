import { Client } from 'pg';
import { restartPostgres, startPostgres, startStandby } from '../../servers/postgres.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { startFleet, type Fleet } from '../fleet.js';
import { pause } from '../pause.js';
import { underLoad } from '../under-load.js';

jest.setTimeout(180_000);

let primary: Awaited<ReturnType<typeof startPostgres>>;
let standby: Awaited<ReturnType<typeof startStandby>> | undefined;
/** Of the server that takes changes. */
let url: string;
let fleet: Fleet;

beforeEach(async () => {
  standby = undefined;
  primary = await startPostgres();
  const { port } = primary;
  url = primary.url;
  const database = {
    port,
    remove: async () => undefined,
    get url() {
      return url;
    },
  };
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 3, database });
});

afterEach(async () => {
  await fleet.stop();
  await standby?.stop();
  await primary.stop();
});

async function query<R>(connectionString: string, statement: string): Promise<readonly R[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(statement)).rows as R[];
  } finally {
    await client.end();
  }
}

async function configure(setting: string): Promise<void> {
  await query(primary.url, `alter system set ${setting}`);
  await query(primary.url, 'select pg_reload_conf()');
}

it('F36: PostgreSQL is restarted under load: nothing that was answered is lost, and all is well again by itself', async () => {
  const report = await underLoad(fleet, 36, async ({ recorder }) => {
    for (const downMs of [0, 6_000]) {
      await pause(1_000);
      await recorder.disturb('PostgreSQL restarts', undefined, async () => {
        primary = await restartPostgres(primary, downMs);
        await fleet.untilNormal(20_000);
      });
    }
    // Its backends are killed, and it recovers from its log.
    await recorder.disturb('PostgreSQL crashes', undefined, async () => {
      const [backend] = await query<{ pid: number }>(
        primary.url,
        "select pid from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend' limit 1",
      );
      process.kill(backend?.pid ?? 0, 'SIGKILL');
      await pause(500);
      await fleet.untilNormal(20_000);
    });
    await pause(1_000);
  });
  expect(report.violations).toEqual([]);
  expect(report.operations).toBeGreaterThan(200);
});

it('P2, F37: a standby is promoted under load while the old primary goes on answering reads', async () => {
  standby = await startStandby(primary);
  const { url: newUrl, port: newPort, promote } = standby;
  await configure("synchronous_standby_names = 'standby'");
  await waitUntil('the standby is synchronous', async () => {
    const rows = await query<{ sync_state: string }>(
      primary.url,
      'select sync_state from pg_stat_replication',
    );
    return rows[0]?.sync_state === 'sync';
  });
  const report = await underLoad(fleet, 37, async ({ recorder }) => {
    await pause(2_000);
    await recorder.disturb('PostgreSQL fails over', undefined, async () => {
      await configure('default_transaction_read_only = on');
      await waitUntil('the standby has all that was committed', async () => {
        const [state] = await query<{ is_done: boolean }>(
          primary.url,
          'select replay_lsn >= pg_current_wal_lsn() as is_done from pg_stat_replication',
        );
        return state?.is_done === true;
      });
      promote();
      url = newUrl;
      // Connections that exist still lead to the old one.
      for (const { database } of fleet.members) database?.connectTo(newPort);
      await fleet.untilNormal(20_000);
    });
    await pause(2_000);
  });
  expect(report.violations).toEqual([]);
  expect(report.operations).toBeGreaterThan(200);
});
