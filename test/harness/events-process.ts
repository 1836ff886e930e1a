// A process that delivers events to webhooks and does nothing else, so that tests can kill it.
import { createApiKeys } from '../../lib/index.js';

const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders' },
  pepper: process.env['API_KEYS_PEPPER'],
  database: process.env['DATABASE_URL'],
  bcryptCost: 8,
  events: { webhooks: { allowInsecureHttp: true, allowPrivateNetworks: true } },
});
// Keeps the process alive: nothing that delivers events does.
const alive = setInterval(() => undefined, 60_000);
process.once('message', () => {
  void apiKeys.close().then(() => {
    clearInterval(alive);
    process.disconnect();
  });
});
await apiKeys.ready();
process.send?.('ready');
