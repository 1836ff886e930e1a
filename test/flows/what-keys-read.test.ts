import express from 'express';
import request from 'supertest';
import { apiKeyOf } from '../../lib/index.js';
import { createInstance } from '../harness/instance.js';

const instance = createInstance({ resources: { project: 'Projects' } } as never);
const { apiKeys } = instance;
const app = express();
app.use(
  '/manage',
  apiKeys.requireApiKey('users:read', { on: 'handler' } as never),
  apiKeys.adminRouter({
    managementScope: 'users:read',
    authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
  }),
);
/** What `authorize` found in `req.params`. */
const seen: unknown[] = [];
app.use(
  '/organizations/:organization/api-keys',
  apiKeys.adminRouter({
    authorize: (req) => {
      seen.push({ ...req.params });
      return null;
    },
  }),
);
beforeAll(() => apiKeys.ready());
afterAll(() => apiKeys.close());

const by = (token: string) => ({ Authorization: `Bearer ${token}` });

it('a key that manages keys reads what its owner reads, and a narrow child of it as well', async () => {
  const top = await instance.key({ scopes: ['users:read', 'orders:*'] });
  const other = await instance.key({ name: 'other' });
  await instance.key({ ownerId: 'bob' });
  const body = { name: 'child', scopes: ['users:read'] };
  const child = await request(app).post('/manage/keys').set(by(top.token)).send(body).expect(201);
  const keysOf = async (path: string, token: string): Promise<unknown> => {
    const answer = await request(app).get(`/manage${path}`).set(by(token)).expect(200);
    return (answer.body as { items: { id?: string; keyId?: string; ownerId: string }[] }).items.map(
      ({ id, keyId, ownerId }) => [keyId ?? id, ownerId],
    );
  };
  for (const path of ['/keys', '/audit', '/posture?reason=never_expires', '/audit/access']) {
    const read = await keysOf(path, top.token);
    expect(await keysOf(path, child.body.key as string)).toEqual(read);
    expect(JSON.stringify(read)).not.toContain('bob');
    if (path !== '/audit/access') expect(JSON.stringify(read)).toContain(other.id);
  }
});

it('authorize has no parameters of the path of the mount', async () => {
  await request(app).get('/organizations/7/api-keys/keys').expect(401);
  expect(seen).toEqual([{}]);
});
