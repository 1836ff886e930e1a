import type { Router } from 'express';
import { endpoints } from '../../lib/admin/endpoints.js';
import { alice, bob, makeKey, root, startAdminApp, type AdminApp, type Sender } from './admin-app.js';

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp({
    router: { managementScope: 'keys:manage' },
    instance: { events: { webhooks: true } },
  });
});
afterAll(() => adminApp.close());

const bodies: Record<string, object> = {
  'post /keys': { name: 'a key', scopes: [] },
  'patch /keys/:id': { name: 'x' },
  'post /plan-impact': { plan: null },
  'post /keys/import': { format: 'none', rows: [{}] },
  'post /webhooks': { url: 'https://crm.acme.example/', enabled: false },
  'patch /webhooks/:webhookId': { enabled: false },
};

async function call(method: string, path: string, id: string, sender: Sender): Promise<number> {
  const client = adminApp.as(sender);
  const sent = client[method as 'get'](path.replace(':id', id));
  const body = bodies[`${method} ${path}`];
  return (await (body === undefined ? sent : sent.send(body))).status;
}

/** What each endpoint answers to whom. An endpoint that is not listed fails the test below. */
const expected: Record<
  string,
  { nobody: number; foreign: number; owner: number; admin: number; key: number }
> = {
  'post /keys': { nobody: 401, foreign: 201, owner: 201, admin: 400, key: 403 },
  'get /keys': { nobody: 401, foreign: 200, owner: 200, admin: 200, key: 403 },
  'get /keys/:id': { nobody: 401, foreign: 404, owner: 200, admin: 200, key: 403 },
  'get /keys/:id/usage': { nobody: 401, foreign: 404, owner: 200, admin: 200, key: 403 },
  'patch /keys/:id': { nobody: 401, foreign: 404, owner: 200, admin: 200, key: 403 },
  'delete /keys/:id': { nobody: 401, foreign: 404, owner: 200, admin: 200, key: 403 },
  'post /keys/:id/rotate': { nobody: 401, foreign: 404, owner: 200, admin: 200, key: 403 },
  'post /keys/:id/revoke': { nobody: 401, foreign: 404, owner: 200, admin: 200, key: 403 },
  'get /caller': { nobody: 401, foreign: 200, owner: 200, admin: 200, key: 403 },
  'get /grantable': { nobody: 401, foreign: 200, owner: 200, admin: 200, key: 403 },
  'get /posture': { nobody: 401, foreign: 200, owner: 200, admin: 200, key: 403 },
  // There is no such format.
  'post /keys/import': { nobody: 401, foreign: 403, owner: 403, admin: 409, key: 403 },
  'get /owners': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'get /owners/:ownerId': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'post /owners/:ownerId/suspend': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'post /owners/:ownerId/resume': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'put /owners/:ownerId': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'delete /owners/:ownerId': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'post /plan-impact': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'get /audit': { nobody: 401, foreign: 200, owner: 200, admin: 200, key: 403 },
  'get /audit/access': { nobody: 401, foreign: 200, owner: 200, admin: 200, key: 403 },
  'get /audit/observed': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'get /audit/export': { nobody: 401, foreign: 200, owner: 200, admin: 200, key: 403 },
  'get /audit/verify': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'post /webhooks': { nobody: 401, foreign: 403, owner: 403, admin: 201, key: 403 },
  'get /webhooks': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  // There is no such webhook.
  'get /webhooks/:webhookId': { nobody: 401, foreign: 403, owner: 403, admin: 404, key: 403 },
  'patch /webhooks/:webhookId': { nobody: 401, foreign: 403, owner: 403, admin: 404, key: 403 },
  'delete /webhooks/:webhookId': { nobody: 401, foreign: 403, owner: 403, admin: 404, key: 403 },
  'post /webhooks/:webhookId/rotate-secret': { nobody: 401, foreign: 403, owner: 403, admin: 404, key: 403 },
  'post /webhooks/:webhookId/test': { nobody: 401, foreign: 403, owner: 403, admin: 404, key: 403 },
  'get /webhooks/:webhookId/deliveries': { nobody: 401, foreign: 403, owner: 403, admin: 404, key: 403 },
  'post /webhooks/:webhookId/replay': { nobody: 401, foreign: 403, owner: 403, admin: 404, key: 403 },
  'get /status': { nobody: 401, foreign: 403, owner: 403, admin: 200, key: 403 },
  'get /self': { nobody: 401, foreign: 401, owner: 401, admin: 401, key: 401 },
  'post /self/revoke': { nobody: 401, foreign: 401, owner: 401, admin: 401, key: 401 },
  'get /openapi.json': { nobody: 200, foreign: 200, owner: 200, admin: 200, key: 200 },
};

describe('every endpoint', () => {
  it('is listed with what it answers to whom', () => {
    const listed = endpoints.map(({ method, path }) => `${method} ${path}`);
    expect(listed.toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  it('R54 is in the table: the router has no other routes', () => {
    const router = adminApp.apiKeys.adminRouter({ authorize: () => null }) as unknown as Router;
    const routed = router.stack.flatMap(({ route }) =>
      route === undefined
        ? []
        : route.stack
            .filter(({ method }) => method !== undefined)
            .map(({ method }) => `${method} ${route.path}`),
    );
    expect([...new Set(routed)].toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  it.each(endpoints.map(({ method, path }) => [method, path] as const))(
    'R54 denies by default: %s %s',
    async (method, path) => {
      const want = expected[`${method} ${path}`];
      // A key that may use the app but not manage keys is no better than a stranger.
      const { key } = await makeKey(adminApp, alice, { scopes: ['orders:read', 'orders:write'] });
      const fresh = async (): Promise<string> => (await makeKey(adminApp, alice)).id;
      const got = {
        nobody: await call(method, path, await fresh(), null),
        foreign: await call(method, path, await fresh(), bob),
        owner: await call(method, path, await fresh(), alice),
        admin: await call(method, path, await fresh(), root),
        key: await call(method, path, await fresh(), { token: key }),
      };
      expect(got).toEqual(want);
    },
  );
});
