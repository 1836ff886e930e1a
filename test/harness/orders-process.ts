// A small app as a process of its own, so that tests can watch several of them, and kill them.
import { Worker } from 'node:worker_threads';
import express from 'express';
import { apiKeyOf, createApiKeys, type Actor } from '../../lib/index.js';
import type { OrdersAnswer, OrdersCommand } from './start-orders.js';

const {
  API_KEYS_PEPPER,
  DATABASE_URL,
  REDIS_URL,
  REDIS_KEY_PREFIX,
  LEASE_SECONDS,
  LOCAL_CACHE,
  QUIET_AFTER_SECONDS,
  ON_LIMITER_OUTAGE,
} = process.env;
let clockIsAheadMs = 0;

const app = express();
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
  // Owners without a record may do everything; `lapsed` is what is left to one that no longer pays.
  plans: { pro: {}, lapsed: { scopes: [] } },
  defaultPlan: 'pro',
  pepper: API_KEYS_PEPPER?.split(','),
  database: DATABASE_URL,
  redis: { client: REDIS_URL, keyPrefix: REDIS_KEY_PREFIX },
  bcryptCost: 8,
  clock: { now: () => Date.now() + clockIsAheadMs },
  cache: {
    maxKeys: LOCAL_CACHE === 'off' ? 0 : undefined,
    leaseSeconds: LEASE_SECONDS === undefined ? undefined : Number(LEASE_SECONDS),
    quietAfterSeconds: QUIET_AFTER_SECONDS === undefined ? undefined : Number(QUIET_AFTER_SECONDS),
  },
  limits: { onOutage: ON_LIMITER_OUTAGE === 'deny' ? 'deny' : undefined },
  tokens: { issuer: 'http://orders.example' },
  // Clocks of one machine are not ahead, and what Redis has forgotten is over soon.
  signatures: { origin: 'http://orders.example', skewSeconds: 1 },
});

/** A caller is who it says it is: this app runs on the loopback address of a test and nowhere else. */
const authorize = (req: express.Request): Actor | null => {
  const admin = req.get('X-Test-Admin');
  if (admin !== undefined) return { kind: 'admin', id: admin };
  const owner = req.get('X-Test-Owner');
  if (owner === undefined) return null;
  const granted = req.get('X-Test-Grants');
  if (granted === undefined) return { kind: 'owner', ownerId: owner };
  return { kind: 'owner', ownerId: owner, memberId: 'member', grants: { scopes: granted.split(',') } };
};

app.use('/api-keys', apiKeys.adminRouter({ authorize }));
// Keys that may place orders make keys below themselves.
app.use(
  '/partner',
  apiKeys.requireApiKey('orders:write'),
  apiKeys.adminRouter({
    managementScope: 'orders:write',
    authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
  }),
);
app.use('/oauth', apiKeys.tokenRouter());
app.use('/.well-known', apiKeys.wellKnownRouter());
app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
  res.json({ ownerId: req.apiKey?.ownerId, via: req.apiKey?.via });
});
app.post('/signed', apiKeys.requireApiKey('orders:read', { signed: 'required' }), (req, res) => {
  res.json({ via: req.apiKey?.via });
});
app.post('/orders', apiKeys.requireApiKey('orders:write'), (_req, res) => void res.status(201).end());
app.get('/status', (_req, res) => void res.json(apiKeys.status()));

const heard: string[] = [];
const workers = new Set<Worker>();
let workerQuestions = 0;
process.on('worker', (worker) => workers.add(worker));
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function countQuestion(...question: Parameters<typeof postMessage>) {
  workerQuestions += 1;
  postMessage.apply(this, question);
};

process.on('message', (message: OrdersCommand) => {
  if (message.command === 'set-clock') clockIsAheadMs = message.aheadMs;
  if (message.command === 'end-workers') for (const worker of workers) void worker.terminate();
  if (message.command === 'listen') {
    apiKeys.onChange(message.keyId, (change) => void heard.push(change?.action ?? 'anything'));
  }
  if (message.command === 'verify') void verifyAtOnce(message.token, message.times).then(answer);
  else answer([]);
  if (message.command === 'block') setImmediate(() => block(message.milliseconds));
});

function answer(verdicts: OrdersAnswer['verdicts']): void {
  const message: OrdersAnswer = { workersStarted: workers.size, workerQuestions, verdicts, heard };
  process.send?.(message);
}

function verifyAtOnce(token: string, times: number): Promise<string[]> {
  const verifying = Array.from({ length: times }, () => apiKeys.keys.verify({ key: token }));
  return Promise.all(
    verifying.map((verdict) =>
      verdict.then(
        (decided) => (decided.allowed ? 'allowed' : decided.code),
        (error: Error & { code?: string }) => error.code ?? error.message,
      ),
    ),
  );
}

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

await apiKeys.ready();
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ address: server.address() });
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void apiKeys.close().then(() => process.disconnect());
});
