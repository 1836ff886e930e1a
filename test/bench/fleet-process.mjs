// @ts-check
// One of several processes on one database, as an app runs them.
import { once } from 'node:events';
import express from 'express';
import { createApiKeys } from 'express-api-keys';
import { pepper, prefix, scopes } from './seed-keys.mjs';

const apiKeys = createApiKeys({ prefix, scopes, pepper, database: process.env.DATABASE_URL });
await apiKeys.ready();
const app = express();
app.use('/api-keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'bench' }) }));
app.get('/guarded', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({ orders: [] }));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
async function stop() {
  server.close();
  server.closeAllConnections();
  await apiKeys.close();
  process.exit();
}
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => process.exit());
const address = server.address();
process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
