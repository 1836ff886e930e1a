import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { alice, makeKey, startAdminApp, type AdminApp, type ShownKey } from './admin-app.js';

let nowhere: Server;
let adminApp: AdminApp;

beforeAll(async () => {
  // A port on which whoever connects is hung up on: no change can be confirmed to be seen by all.
  nowhere = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(nowhere, 'listening');
  const { port } = nowhere.address() as AddressInfo;
  adminApp = await startAdminApp({ redis: `redis://127.0.0.1:${port}` });
});
afterAll(async () => {
  await adminApp.close();
  nowhere.close();
});

describe('a change that cannot be confirmed', () => {
  it.each([
    ['PATCH /keys/:id', (id: string) => adminApp.as(alice).patch(`/keys/${id}`).send({ enabled: false })],
    ['POST /keys/:id/rotate', (id: string) => adminApp.as(alice).post(`/keys/${id}/rotate`)],
    ['POST /keys/:id/revoke', (id: string) => adminApp.as(alice).post(`/keys/${id}/revoke`)],
    ['DELETE /keys/:id', (id: string) => adminApp.as(alice).delete(`/keys/${id}`)],
  ])('is answered 202 with the time from which all obey: %s', async (_name, change) => {
    const { id } = await makeKey(adminApp, alice);
    const answer = await change(id);
    expect(answer.status).toBe(202);
    expect(answer.headers).toMatchObject({ etag: '"2"', 'cache-control': 'no-store' });
    const { effectiveBy, version } = answer.body as ShownKey & { effectiveBy: string };
    expect(version).toBe(2);
    const wait = Date.parse(effectiveBy) - adminApp.now();
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(10_000);
  });

  it('still shows the new token of a rotation, once', async () => {
    const { id, key } = await makeKey(adminApp, alice);
    const answer = await adminApp.as(alice).post(`/keys/${id}/rotate`).expect(202);
    expect((answer.body as ShownKey).key).toMatch(/^acme_live_[0-9A-Za-z]{65}$/);
    expect((answer.body as ShownKey).key).not.toBe(key);
  });

  it('is none when a key is made: nothing is taken away', async () => {
    expect(await makeKey(adminApp, alice)).not.toHaveProperty('effectiveBy');
  });
});
