// A small app as a process of its own, so that tests can watch several of them, and kill them.
import express from 'express';
import { createApiKeys, type Actor } from '../../lib/index.js';

const app = express();
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
  pepper: process.env['API_KEYS_PEPPER'],
  database: process.env['DATABASE_URL'],
  redis: process.env['REDIS_URL'],
  bcryptCost: 8,
});

/** Whoever names an owner is that owner: this app runs on the loopback address of a test and nowhere else. */
const authorize = (req: express.Request): Actor | null => {
  const owner = req.get('X-Test-Owner');
  return owner === undefined ? null : { kind: 'owner', ownerId: owner };
};

app.use('/api-keys', apiKeys.adminRouter({ authorize }));
app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
  res.json({ ownerId: req.apiKey?.ownerId });
});
app.post('/orders', apiKeys.requireApiKey('orders:write'), (_req, res) => void res.status(201).end());
app.get('/status', (_req, res) => void res.json(apiKeys.status()));

await apiKeys.ready();
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ address: server.address() });
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void apiKeys.close().then(() => process.disconnect());
});
