import express from 'express';
import request from 'supertest';
import { apiKeyOf } from '../../lib/index.js';
import { createInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const instance = createInstance();
const { apiKeys } = instance;
const app = express();
app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.sendStatus(200));
app.use(
  '/manage',
  apiKeys.requireApiKey('users:read'),
  apiKeys.adminRouter({
    managementScope: 'users:read',
    authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
  }),
);
beforeAll(() => apiKeys.ready());
afterAll(() => apiKeys.close());

const by = (token: string) => ({ Authorization: `Bearer ${token}` });
const statusOf = async (token: string): Promise<number> =>
  (await request(app).get('/orders').set(by(token))).status;

it('what a management key has seen is in the audit log, and ends by rotating it', async () => {
  const keys = apiKeys.keys.as(theApp);
  const [manager, sibling, untouched] = [
    await instance.key({ name: 'manager', scopes: ['users:read', 'orders:read'] }),
    await instance.key({ name: 'sibling' }),
    await instance.key({ name: 'untouched' }),
  ];
  const send = async (path: string, body: object): Promise<{ id: string; key: string }> => {
    const answer = await request(app).post(`/manage${path}`).set(by(manager.token)).send(body);
    expect([200, 201]).toContain(answer.status);
    return answer.body as { id: string; key: string };
  };
  const child = await send('/keys', { name: 'child', scopes: ['orders:read'] });
  const { key: seen } = await send(`/keys/${sibling.id}/rotate`, {});

  await keys.revoke({ id: manager.id });
  // The child ends with its maker. The sibling has no parent, and its secret is with whoever rotated it.
  expect([await statusOf(child.key), await statusOf(seen)]).toEqual([401, 200]);

  const touched = new Set<string>();
  for await (const { keyId } of apiKeys.audit
    .as(theApp)
    .export({ actor: manager.id, action: 'key.rotated' })) {
    if (keyId !== null && keyId !== manager.id) touched.add(keyId);
  }
  expect([...touched]).toEqual([sibling.id]);
  const { key } = await keys.rotate({ id: sibling.id });
  expect([await statusOf(seen), await statusOf(key), await statusOf(untouched.token)]).toEqual([
    401, 200, 200,
  ]);
});
