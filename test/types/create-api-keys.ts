// Compiled by `npm run typecheck`; nothing here runs. Each expected error fails the build when it stops being one.
import express from 'express';
import pg from 'pg';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import {
  createApiKeys,
  apiKeyOf,
  type AnyApiKeys,
  type ApiKeyIdentity,
  type ApiKeys,
  type Verdict,
} from 'express-api-keys';
import 'express-api-keys/express';
import { theApp } from '../harness/the-app.js';

const app = express();
const actorOf = (_req: express.Request): { kind: 'owner'; ownerId: string } | null => null;
const listOrders: express.RequestHandler = (_req, res) => void res.end();

// The quick start compiles under strict as it stands.
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
  pepper: process.env.API_KEYS_PEPPER,
  database: process.env.DATABASE_URL,
  redis: process.env.REDIS_URL,
});
app.use('/api-keys', apiKeys.adminRouter({ authorize: (req) => actorOf(req) }));
app.get('/orders', apiKeys.requireApiKey('orders:read'), listOrders);

// Scopes come from the option.
// @ts-expect-error misspelt
apiKeys.requireApiKey('orders:raed');
// @ts-expect-error wildcards are granted, never required
apiKeys.requireApiKey('orders:*');
apiKeys.requireApiKey();
// @ts-expect-error a variable that got lost must not open a route
apiKeys.requireApiKey(undefined);
// @ts-expect-error several scopes go into { all }
apiKeys.requireApiKey('orders:read', 'orders:write');
// @ts-expect-error at least one
apiKeys.requireApiKey({ all: [] });
// @ts-expect-error misspelt in a list
apiKeys.requireApiKey({ any: ['orders:read', 'orders:wirte'] });
// @ts-expect-error misspelt method
apiKeys.requireApiKey({ GTE: 'orders:read' });
// @ts-expect-error unknown option
apiKeys.requireApiKey('orders:read', { onRefused: 'next' });
apiKeys.requireApiKey({ all: ['orders:read', 'orders:write'] });
apiKeys.requireApiKey({ any: ['orders:read', 'orders:write'] }, { onRefusal: 'next' });
apiKeys.requireApiKey({ GET: 'orders:read', POST: { all: ['orders:read', 'orders:write'] } });
apiKeys.requireApiKey.anyScope({ allowPreflight: true });
apiKeys.requireApiKey('orders:read', {
  onRefusal: (refusal, req, res) => {
    const code: string = refusal.code;
    res.status(refusal.status).set(refusal.headers).json({ code, path: req.path });
  },
});

// The identity is typed, on the request (with `import 'express-api-keys/express'`) and from the accessor.
app.get('/me', apiKeys.requireApiKey.anyScope(), (req, res) => {
  const maybe: ApiKeyIdentity | undefined = req.apiKey;
  const certain: ApiKeyIdentity = apiKeyOf(req);
  // @ts-expect-error it is read-only
  certain.ownerId = 'mallory';
  // @ts-expect-error there is no secret in it
  void certain.secret;
  res.json([maybe?.ownerId, certain.expiresAt?.toISOString()]);
});

// The accessor knows the catalogue, and what the app says of its keys.
interface Plan {
  readonly plan: 'free' | 'pro';
}
app.get('/plan', apiKeys.requireApiKey(), (req, res) => {
  const known = apiKeys.apiKeyOf(req);
  const mayWrite: boolean = known.scopes.includes('orders:write') || known.scopes.includes('orders:*');
  // @ts-expect-error misspelt
  known.scopes.includes('orders:wirte');
  const { metadata } = apiKeys.apiKeyOf<{ metadata: Plan }>(req);
  const plan: 'free' | 'pro' = metadata.plan;
  const typed = apiKeyOf<{ metadata: Plan; scopes: readonly ('orders:read' | '*')[] }>(req);
  const scopes: readonly ('orders:read' | '*')[] = typed.scopes;
  const features: readonly string[] = typed.features;
  // @ts-expect-error metadata is an object
  apiKeyOf<{ metadata: string }>(req);
  // @ts-expect-error there is no such field
  void typed.metadata.planet;
  const identity: ApiKeyIdentity = known;
  res.json([mayWrite, plan, typed.metadata.plan, scopes, features, identity.id]);
});

// Helper modules take an instance with whatever scopes.
function mountOrders(router: express.Router, any: AnyApiKeys): void {
  router.get('/orders/:id', any.requireApiKey('orders:read'), (req, res) => {
    res.json([req.params.id, any.apiKeyOf(req).scopes, any.apiKeyOf(req).ownerId]);
  });
  router.use('/api-keys', any.adminRouter({ authorize: (req) => actorOf(req) }));
}
mountOrders(express.Router(), apiKeys);
// Or one with the scopes that they need, and others.
const withFewerScopes: ApiKeys<'orders:read'> = apiKeys;
// @ts-expect-error an instance that lacks one of them
const withMoreScopes: ApiKeys<'orders:read' | 'orders:write' | 'users:read'> = apiKeys;
void [withFewerScopes, withMoreScopes];

// What can be granted.
async function service(): Promise<void> {
  const created = await apiKeys.keys.as(theApp).create({
    ownerId: 'alice',
    name: 'CI',
    scopes: ['orders:read', 'orders:*', '*'],
  });
  const token: string = created.key;
  // @ts-expect-error misspelt
  await apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'CI', scopes: ['orders:raed'] });
  // @ts-expect-error the owner is needed
  await apiKeys.keys.as(theApp).create({ name: 'CI', scopes: [] });
  // @ts-expect-error records hold no token
  void (await apiKeys.keys.as(theApp).get({ id: created.id }))?.key;
  const verdict: Verdict = await apiKeys.keys.verify({
    key: token,
    scopes: 'orders:read',
    address: '203.0.113.9',
  });
  if (verdict.allowed) void verdict.apiKey.id;
  else void verdict.code;
  // @ts-expect-error a verdict must be looked at before it is used
  void verdict.apiKey;
  await apiKeys.keys.as(theApp).revokeAll({ ownerId: 'alice' });
}
void service;

// Clients and pools of the app fit, of both majors of ioredis.
createApiKeys({
  prefix: 'acme',
  scopes: { 'a:b': '' },
  database: new pg.Pool(),
  redis: new Redis({ lazyConnect: true }),
});
createApiKeys({ prefix: 'acme', scopes: { 'a:b': '' }, redis: new Redis5({ lazyConnect: true }) });

// Options that belong together are groups; environment variables fit in as they are.
createApiKeys({
  prefix: 'acme',
  scopes: { 'a:b': '' },
  database: { connection: process.env.DATABASE_URL, schema: 'shop', migrate: 'check' },
  redis: { client: process.env.REDIS_URL, keyPrefix: 'shop:' },
  limits: {
    perOwner: [{ name: 'minute', limit: 600, windowSeconds: 60 }],
    ceilings: { credits: 100 },
    onOutage: 'deny',
  },
  cache: { maxKeys: 100_000, maxBytes: undefined, leaseSeconds: 10 },
  refusals: { realm: 'shop', opaque: true, typeBase: 'https://docs.acme.example/errors' },
});
createApiKeys({
  prefix: 'acme',
  scopes: { 'a:b': '' },
  database: { connection: new pg.Pool() },
  redis: { client: new Redis({ lazyConnect: true }) },
  cache: false,
});
// @ts-expect-error a prefix needs a client
createApiKeys({ prefix: 'acme', scopes: { 'a:b': '' }, redis: { keyPrefix: 'shop:' } });
// @ts-expect-error misspelt
createApiKeys({ prefix: 'acme', scopes: { 'a:b': '' }, database: { shema: 'shop' } });
// @ts-expect-error misspelt
createApiKeys({ prefix: 'acme', scopes: { 'a:b': '' }, cache: { maxKey: 5 } });
// @ts-expect-error its place is limits.perOwner
createApiKeys({ prefix: 'acme', scopes: { 'a:b': '' }, ownerRateLimits: [] });
// @ts-expect-error unknown option
createApiKeys({ prefix: 'acme', scopes: { 'a:b': '' }, peper: 'x' });
// @ts-expect-error misspelt
apiKeys.adminRouter({ authorize: () => null, managementScope: 'orders:raed' });
apiKeys.adminRouter({ authorize: () => null, managementScope: 'orders:write' });
// @ts-expect-error authorize is needed
apiKeys.adminRouter({});

// Signed requests, and keys that sign: a key with a public key has nothing to show.
apiKeys.requireApiKey('orders:read', { signed: 'required' });
apiKeys.requireApiKey.anyScope({ signed: 'accepted' });
// @ts-expect-error misspelt
apiKeys.requireApiKey('orders:read', { signed: 'requird' });
void apiKeys.keys
  .as(theApp)
  .create({ ownerId: 'alice', name: 'CI', scopes: [], signing: 'hmac' })
  .then(({ key }) => key.length);
void apiKeys.keys
  .as(theApp)
  .create({ ownerId: 'alice', name: 'CI', scopes: [], publicKey: 'PEM' })
  // @ts-expect-error there is no secret
  .then(({ key }) => key);

// Features come from the option.
const flagged = createApiKeys({
  prefix: 'acme',
  scopes: { 'a:b': '' },
  features: { block_trades: 'May place block trades' },
});
flagged.requireApiKey('a:b', { feature: 'block_trades' });
flagged.requireApiKey.anyScope({ feature: 'block_trades' });
flagged.requireApiKey.anyScope();
void ((req: express.Request) => flagged.apiKeyOf(req).features.includes('block_trades'));
// @ts-expect-error misspelt
void ((req: express.Request) => flagged.apiKeyOf(req).features.includes('block_trade'));
void flagged.keys.as(theApp).create({
  ownerId: 'alice',
  name: 'CI',
  scopes: [],
  features: ['block_trades'],
  tags: ['x'],
});
void flagged.keys.as(theApp).update({ id: 'id', features: ['block_trades'] });
void flagged.keys.verify({ key: 'token', feature: 'block_trades' });
// @ts-expect-error misspelt
flagged.requireApiKey('a:b', { feature: 'block_trade' });
// @ts-expect-error misspelt
flagged.requireApiKey.anyScope({ feature: 'block_trade' });
// @ts-expect-error misspelt
void flagged.keys.as(theApp).create({ ownerId: 'alice', name: 'CI', scopes: [], features: ['block_trade'] });
// @ts-expect-error misspelt
void flagged.keys.as(theApp).update({ id: 'id', features: ['block_trade'] });
// @ts-expect-error misspelt
void flagged.keys.verify({ key: 'token', feature: 'block_trade' });
// @ts-expect-error there are no features
apiKeys.requireApiKey('orders:read', { feature: 'block_trades' });
// @ts-expect-error there are no features
void apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'CI', scopes: [], features: ['block_trades'] });
// Code that needs no features takes all instances.
const withoutFeatures: ApiKeys<'a:b'> = flagged;
void withoutFeatures;

// Plans name scopes, features and each other.
const planned = createApiKeys({
  prefix: 'acme',
  scopes: { 'a:b': '' },
  features: { block_trades: 'May place block trades' },
  plans: { free: { scopes: ['a:b'], features: [] }, pro: { scopes: ['a:*'], features: ['block_trades'] } },
  defaultPlan: 'free',
});
const ofPlanned: ApiKeys<'a:b', 'block_trades'> = planned;
void ofPlanned.owners.as(theApp).set({ ownerId: 'alice', plan: 'pro', overrides: { maxKeys: null } });
// @ts-expect-error a list of names
void planned.owners.as(theApp).set({ ownerId: 'alice', overrides: { scopes: 'a:b' } });
// @ts-expect-error misspelt
createApiKeys({ prefix: 'acme', scopes: { 'a:b': '' }, plans: { free: {} }, defaultPlan: 'fre' });
// @ts-expect-error misspelt
createApiKeys({ prefix: 'acme', scopes: { 'a:b': '' }, plans: { a: { scopes: ['a:c'] } }, defaultPlan: 'a' });
createApiKeys({
  ...{ prefix: 'acme', scopes: { 'a:b': '' }, features: { beta: '' }, defaultPlan: 'free' },
  // @ts-expect-error misspelt
  plans: { free: { features: ['bta'] } },
});
