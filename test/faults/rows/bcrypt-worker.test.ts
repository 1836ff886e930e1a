import { startFleet, type Fleet } from '../fleet.js';
import { pause } from '../pause.js';

jest.setTimeout(180_000);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL', processes: 1 });
});
afterAll(() => fleet.stop());

it('F32: worker threads die in the middle of their work: every request is answered, and new ones take over', async () => {
  const { app } = fleet.member(0);
  const body = { name: 'CI', scopes: ['orders:read'] };
  expect((await app.manage('POST', '/keys', body)).status).toBe(201);
  const before = await app.tell({ command: 'report' });
  expect(before.workersStarted).toBeGreaterThan(0);
  const creating = Array.from({ length: 12 }, () => app.manage('POST', '/keys', body));
  for (let round = 0; round < 5; round += 1) {
    await pause(40);
    await app.tell({ command: 'end-workers' });
  }
  const answers = await Promise.all(creating);
  // A request that hangs would have been given up by now.
  for (const { status } of answers) expect([201, 503]).toContain(status);
  const made = answers.filter(({ status }) => status === 201);
  expect(made.length).toBeGreaterThan(0);
  for (const { body: key } of made) expect((await app.use(String(key['key']))).status).toBe(200);
  expect((await app.manage('POST', '/keys', body)).status).toBe(201);
  const after = await app.tell({ command: 'report' });
  expect(after.workersStarted).toBeGreaterThan(before.workersStarted);
  expect(fleet.output()).not.toMatch(/unhandled|uncaught/i);
});
