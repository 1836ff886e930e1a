import { once } from 'node:events';
import express from 'express';
import { createApiKeys } from 'express-api-keys';

const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
  database: process.argv[2],
});

const app = express();
app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) =>
  res.json({ ownerId: req.apiKey.ownerId }),
);
app.post('/orders', apiKeys.requireApiKey('orders:write'), (req, res) =>
  res.json({ ownerId: req.apiKey.ownerId }),
);

await apiKeys.ready();
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');

const created = await apiKeys.keys
  .as({ kind: 'application' })
  .create({ ownerId: 'alice', name: 'first', scopes: ['orders:read'] });
const url = `http://127.0.0.1:${server.address().port}/orders`;
const ask = async (method, key) =>
  (await fetch(url, { method, headers: key ? { 'x-api-key': key } : {} })).status;

const withoutKey = await ask('GET');
const withKey = await ask('GET', created.key);
const wrongScope = await ask('POST', created.key);
await apiKeys.keys.as({ kind: 'application' }).revoke({ id: created.id });
const afterRevoke = await ask('GET', created.key);

server.close();
await apiKeys.close();
console.log(JSON.stringify({ withoutKey, withKey, wrongScope, afterRevoke }));
