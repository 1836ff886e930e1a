import { Client } from 'pg';
import { waitUntil } from '../../servers/wait-until.cjs';
import { startFleet, type Fleet } from '../fleet.js';

jest.setTimeout(90_000);

let fleet: Fleet;

beforeAll(async () => {
  // So long that the processes beat only when they are woken.
  fleet = await startFleet({ place: 'PostgreSQL', processes: 1, environment: { LEASE_SECONDS: '60' } });
});

afterAll(() => fleet.stop());

/** As a failover to a replica that lagged behind does. */
async function loseLastChange(): Promise<void> {
  const client = new Client({ connectionString: fleet.databaseUrl });
  await client.connect();
  try {
    await client.query(`begin;
      delete from api_keys.audit_events where sequence = (select sequence from api_keys.audit_head);
      update api_keys.audit_head set (sequence, hash) =
        (select sequence, hash from api_keys.audit_events order by sequence desc limit 1);
      update api_keys.instances set acked = least(acked, (select sequence from api_keys.audit_head));
      commit`);
  } finally {
    await client.end();
  }
}

it('P2: a repeated revocation is not confirmed by a process that has applied a lost change with the number of the first one', async () => {
  const one = fleet.member(0);
  const create = (): ReturnType<typeof one.app.manage> =>
    one.app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
  const { body } = await create();
  const [id, token] = [String(body['id']), String(body['key'])];
  await create();
  expect((await one.app.use(token)).status).toBe(200);
  await loseLastChange();
  const two = await fleet.start();

  const stalled = one.database?.stallOnce('request', /"instances" set "beat"/, 5_000);
  const first = await two.app.manage('POST', `/keys/${id}/revoke`);
  expect(first.status).toBe(202);
  await stalled;
  const again = await one.app.manage('POST', `/keys/${id}/revoke`);
  const { status } = await one.app.use(token);
  expect(again.status === 200 && status === 200).toBe(false);
  // The stalled beat has not told it yet, so the fault has happened.
  expect([503, 202]).toContain(again.status);

  for (const member of [one, two]) {
    // The statement that was held up goes on after a while, and the process joins again.
    await waitUntil('the revocation is confirmed', async () => {
      return (await member.app.manage('POST', `/keys/${id}/revoke`)).status === 200;
    });
    expect((await member.app.use(token)).status).toBe(401);
  }
});
