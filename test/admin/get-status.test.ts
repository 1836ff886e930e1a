import { setTimeout as sleep } from 'node:timers/promises';
import { createInstance } from '../harness/instance.js';
import { alice, root, startAdminApp, type AdminApp } from './admin-app.js';

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp({ router: { managementScope: 'keys:manage' } });
});
afterAll(() => adminApp.close());

async function waitForProcesses(count: number): Promise<void> {
  for (let round = 0; adminApp.apiKeys.status().processes !== count; round++) {
    if (round === 600) throw new Error(`There are ${adminApp.apiKeys.status().processes} processes.`);
    await sleep(50);
  }
}

describe('GET /status', () => {
  it('shows an admin what the instance itself says', async () => {
    const { body } = await adminApp.as(root).get('/status').expect(200);
    const lagMs = expect.any(Number) as number;
    expect(body).toEqual({ ...adminApp.apiKeys.status(), lagMs });
    expect(body).toMatchObject({ ready: true, database: 'up', redis: 'none', limits: 'process' });
  });

  it('counts the processes on the same database, until they have left', async () => {
    const { apiKeys } = createInstance({ store: adminApp.store });
    await apiKeys.ready();
    await waitForProcesses(2);
    const { body } = await adminApp.as(root).get('/status').expect(200);
    expect(body).toMatchObject({ processes: 2 });
    await apiKeys.close();
    await waitForProcesses(1);
  }, 180_000);

  it('is refused to owners, and to keys that manage keys', async () => {
    await adminApp.as(alice).get('/status').expect(403);
    const { key } = await adminApp.apiKeys.keys
      .as({ kind: 'application' })
      .create({ ownerId: 'alice', name: 'manager', scopes: ['keys:manage'] });
    const refused = await adminApp.as({ token: key }).get('/status').expect(403);
    expect(refused.body).toMatchObject({ code: 'forbidden' });
  });
});
