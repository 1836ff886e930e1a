import { Client } from 'pg';
import { startPostgres, startStandby } from '../../servers/postgres.cjs';
import { effectiveByOf } from '../effective-by.js';
import { startFleet, type Fleet } from '../fleet.js';
import { pause } from '../pause.js';

// After the failover, changes are confirmed only when every lease that there can be has expired.
jest.setTimeout(180_000);

type Primary = Awaited<ReturnType<typeof startPostgres>>;
type Standby = Awaited<ReturnType<typeof startStandby>>;

let primary: Primary;
let standby: Standby | undefined;
let fleet: Fleet;

beforeAll(async () => {
  primary = await startPostgres();
  fleet = await startFleet({
    place: 'PostgreSQL',
    processes: 2,
    database: { url: primary.url, port: primary.port, remove: async () => undefined },
    environment: { LEASE_SECONDS: '2' },
  });
});

afterAll(async () => {
  await fleet.stop();
  await standby?.stop();
  await primary.stop();
});

async function run(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function makeKey(): Promise<{ readonly id: string; readonly token: string }> {
  const created = await fleet.member(1).app.manage('POST', '/keys', {
    name: 'CI',
    scopes: ['orders:read', 'orders:write'],
    credits: { remaining: 100 },
  });
  expect(created.status).toBe(201);
  return { id: String(created.body['id']), token: String(created.body['key']) };
}

/** Lets a key make another one. */
async function makeChild({ token }: { readonly token: string }): Promise<string> {
  const created = await fleet.member(1).app.makeChild(token, { name: 'child', scopes: ['orders:read'] });
  expect(created.status).toBe(201);
  return String(created.body['key']);
}

it('P2, F33: after a failover, a process that is left with an old primary that answers reads accepts no key', async () => {
  const [left, moved] = [fleet.member(0), fleet.member(1)];
  const [held, cold, good, ofTokens] = [await makeKey(), await makeKey(), await makeKey(), await makeKey()];
  const exchange = async (): Promise<string> =>
    String((await moved.app.exchange(ofTokens.token)).body['access_token']);
  const [heldToken, coldToken] = [await exchange(), await exchange()];
  const [heldChild, coldChild, goodChild] = [
    await makeChild(held),
    await makeChild(cold),
    await makeChild(good),
  ];
  const seen = async (token: string): Promise<string | number> => {
    const { status, code } = await left.app.use(token);
    return code ?? status;
  };
  for (const token of [held.token, good.token, heldToken, heldChild, goodChild])
    expect(await seen(token)).toBe(200);

  standby = await startStandby(primary);
  standby.promote();
  moved.database?.connectTo(standby.port);
  moved.database?.resetAll();
  await run(primary.url, 'alter system set default_transaction_read_only = on', 'select pg_reload_conf()');

  let holdsBy = 0;
  for (const { id } of [held, cold, ofTokens]) {
    let answer = await moved.app.manage('POST', `/keys/${id}/revoke`);
    while (answer.status === 503) answer = await moved.app.manage('POST', `/keys/${id}/revoke`);
    expect([200, 202]).toContain(answer.status);
    holdsBy = Math.max(holdsBy, effectiveByOf(answer));
  }
  await pause(holdsBy - Date.now());
  const tokens = [
    ...[held.token, cold.token, heldToken, coldToken, good.token],
    ...[heldChild, coldChild, goodChild],
  ];
  for (const token of tokens) expect(await seen(token)).toBe('unavailable');
  expect((await left.app.manage('GET', `/keys/${held.id}`)).status).toBe(503);
  expect((await left.app.manage('GET', '/keys')).status).toBe(503);
  expect((await left.app.manage('POST', `/keys/${good.id}/revoke`)).status).toBe(503);
  expect((await left.app.exchange(good.token)).status).toBe(503);
  expect(await left.app.status()).toMatchObject({ database: 'down' });

  // From here on new connections reach the new primary; those to the old one are still open.
  left.database?.connectTo(standby.port);
  await fleet.untilNormal(30_000);
  // What a busy machine cannot answer in time is asked again.
  const answered = async (token: string) => {
    let answer = await seen(token);
    for (let tries = 1; answer === 'unavailable' && tries < 50; tries += 1) {
      await pause(100);
      answer = await seen(token);
    }
    return answer;
  };
  for (let round = 0; round < 20; round += 1) {
    expect(await answered(held.token)).toBe('key_revoked');
    expect(await answered(cold.token)).toBe('key_revoked');
    expect([await answered(heldToken), await answered(coldToken)]).toEqual(['key_revoked', 'key_revoked']);
    expect([await answered(heldChild), await answered(coldChild)]).toEqual(['key_revoked', 'key_revoked']);
    expect([await answered(good.token), await answered(goodChild)]).toEqual([200, 200]);
  }
});
