// The process under measurement: every variant is a route of it, so that all of them share its luck.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { createApiKeys } from 'express-api-keys';

const keyCount = 200;
const folder = mkdtempSync(join(tmpdir(), 'api-keys-bench-'));
const shared = {
  prefix: 'bench',
  scopes: { 'orders:read': 'Read orders' },
  pepper: 'a pepper that is worth nothing outside of this measurement',
  database: `file:${join(folder, 'keys.sqlite')}`,
  bcryptCost: 8,
};
const overStore = createApiKeys(shared);
const overRedis = createApiKeys({ ...shared, redis: process.env.REDIS_URL });
await Promise.all([overStore.ready(), overRedis.ready()]);

/** @type {express.RequestHandler} */
const answer = (_req, res) => void res.json({ orders: [] });
const app = express();
app.get('/bare', answer);
app.get('/bare-control', answer);
app.get('/guard-l2', overRedis.requireApiKey('orders:read'), answer);
app.get('/guard-store', overStore.requireApiKey('orders:read'), answer);

const tokens = [];
for (let index = 0; index < keyCount; index += 1) {
  const { key } = await overStore.keys.create({
    ownerId: `owner ${index % 10}`,
    name: `key ${index}`,
    scopes: ['orders:read'],
  });
  tokens.push(key);
}

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: server.address().port, tokens });
});

/** The parent asks for the processor time that was used so far, in microseconds. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system });
});

async function stop() {
  server.close();
  server.closeAllConnections();
  await Promise.all([overStore.close(), overRedis.close()]);
  rmSync(folder, { recursive: true });
  process.disconnect();
}
process.once('SIGTERM', () => void stop());
