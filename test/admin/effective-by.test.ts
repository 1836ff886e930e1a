import { memoryStore } from '../../lib/testing/index.js';
import { alice, makeKey, startAdminApp, type AdminApp, type ShownKey } from './admin-app.js';

const store = memoryStore();
let adminApp: AdminApp;

beforeAll(async () => {
  adminApp = await startAdminApp({ store });
});
afterAll(() => adminApp.close());

let others = 0;
// Another process that does not say what it has applied; one that stands still is not waited for much longer.
beforeEach(async () => {
  others += 1;
  await store.feed.join({ id: `silent ${others}`, acked: 0, leaseMs: 4_000 });
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
