import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createApiKeys } from 'express-api-keys';
import 'express-api-keys/express';

const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
  pepper: process.env.API_KEYS_PEPPER,
  database: process.argv[2] ?? process.env.DATABASE_URL,
  redis: process.env.REDIS_URL,
});

const app = express();
app.use('/api-keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }));
app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
  const owner: string | undefined = req.apiKey?.ownerId;
  res.json({ owner });
});
app.post('/orders', apiKeys.requireApiKey('orders:write'), (_req, res) => {
  res.json({});
});

await apiKeys.ready();
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');

const created = await apiKeys.keys
  .as({ kind: 'application' })
  .create({ ownerId: 'alice', name: 'first', scopes: ['orders:read'] });
const key: string = created.key;
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;
const ask = async (method: string, secret?: string): Promise<number> =>
  (await fetch(url, { method, headers: secret ? { 'x-api-key': secret } : {} })).status;

const withoutKey = await ask('GET');
const withKey = await ask('GET', key);
const wrongScope = await ask('POST', key);
await apiKeys.keys.as({ kind: 'application' }).revoke({ id: created.id });
const afterRevoke = await ask('GET', key);

server.close();
await apiKeys.close();
console.log(JSON.stringify({ withoutKey, withKey, wrongScope, afterRevoke }));
