// What others use instead, each set up as its documents say and given its best case. What each looks at is the same as
// far as it can: the key is right, it has not expired, it may read orders; the caller is passed to the handler.
import { createHash, hash as oneShotHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { Redis } from 'ioredis';
import { writeKeys } from './seed-keys.mjs';

const scope = 'orders:read';
const keysInUse = 1000;

/** @typedef {import('./own-routes.mjs').Servers} Servers */
/** @typedef {import('./own-routes.mjs').Routes} Routes */
/** @typedef {import('./own-routes.mjs').Route} Route */

/** @param {string} text */
const sha256 =
  oneShotHash === undefined
    ? (text) => createHash('sha256').update(text).digest('hex')
    : (text) => oneShotHash('sha256', text, 'hex');
const randomKey = () => `peer_live_${randomBytes(48).toString('base64url')}0`;
const recordOf = (key, index) => ({
  id: sha256(key).slice(0, 16),
  ownerId: `owner ${index % 10}`,
  scopes: [scope],
  expiresAt: null,
});
const isGood = (record) =>
  record !== null &&
  record !== undefined &&
  (record.expiresAt === null || Date.now() < record.expiresAt) &&
  record.scopes.includes(scope);
/** @type {(res: import('express').Response) => void} */
const refuse = (res) => void res.status(401).json({ error: 'unauthorized' });

/** A route that anybody could write: the digest of the key in an LRU cache. */
async function sha256Lru({ keyFile, keys }) {
  const { LRUCache } = await import('lru-cache');
  const records = new LRUCache({ max: 10_000 });
  keys.forEach((key, index) => records.set(sha256(key), recordOf(key, index)));
  return {
    keyFile,
    guard(req, res, next) {
      const key = req.headers['x-api-key'];
      const record = typeof key === 'string' ? records.get(sha256(key)) : undefined;
      if (!isGood(record)) return refuse(res);
      req.caller = record;
      next();
    },
  };
}

/** The same with Redis asked by every request. */
async function redisGetSha256({ keyFile, keys, redis }) {
  const pipeline = redis.pipeline();
  keys.forEach((key, index) => pipeline.set(`peer:${sha256(key)}`, JSON.stringify(recordOf(key, index))));
  await pipeline.exec();
  return {
    keyFile,
    guard(req, res, next) {
      const key = req.headers['x-api-key'];
      void redis.get(`peer:${sha256(String(key))}`).then(
        (text) => {
          const record = text === null ? null : JSON.parse(text);
          if (!isGood(record)) return refuse(res);
          req.caller = record;
          next();
        },
        (error) => next(error),
      );
    },
  };
}

/** A slow hash compared by every request, as systems do that treat keys as passwords. */
async function bcryptjs({ folder }) {
  const keys = Array.from({ length: 4 }, randomKey);
  const hashes = new Map(keys.map((key) => [key.slice(0, 20), bcrypt.hashSync(key, 10)]));
  return {
    keyFile: writeKeys(join(folder, 'bcrypt-keys'), keys),
    guard(req, res, next) {
      const key = String(req.headers['x-api-key']);
      void bcrypt.compare(key, hashes.get(key.slice(0, 20)) ?? '').then(
        (isRight) => {
          if (!isRight) return refuse(res);
          next();
        },
        (error) => next(error),
      );
    },
  };
}

async function passportHeaderApiKey({ keyFile, keys }) {
  const { default: passport } = await import('passport');
  const { default: strategies } = await import('passport-headerapikey');
  const records = new Map(keys.map((key, index) => [sha256(key), recordOf(key, index)]));
  const own = new passport.Passport();
  own.use(
    new strategies.HeaderAPIKeyStrategy({ header: 'X-Api-Key', prefix: '' }, false, (key, done) => {
      const record = records.get(sha256(key));
      done(null, isGood(record) ? record : false);
    }),
  );
  return { keyFile, guard: own.authenticate('headerapikey', { session: false }) };
}

async function prefixedApiKey({ folder }) {
  const { default: prefixed } = await import('prefixed-api-key');
  const records = new Map();
  const keys = [];
  while (keys.length < keysInUse) {
    const made = await prefixed.generateAPIKey({ keyPrefix: 'peer', longTokenLength: 32 });
    keys.push(made.token);
    records.set(made.shortToken, { ...recordOf(made.token, keys.length), hash: made.longTokenHash });
  }
  const longest = Math.max(...keys.map((key) => key.length));
  const [even] = [keys.filter((key) => key.length === longest)];
  return {
    keyFile: writeKeys(join(folder, 'prefixed-keys'), even),
    guard(req, res, next) {
      const key = String(req.headers['x-api-key']);
      const record = records.get(prefixed.extractShortToken(key));
      if (!isGood(record) || !prefixed.checkAPIKey(key, record.hash)) return refuse(res);
      req.caller = record;
      next();
    },
  };
}

/**
 * better-auth's own verification, its rate limit off. In memory its table is searched row by row, so it gets one row; in
 * Redis, where keys of one owner wait for one another, every key has an owner of its own.
 */
async function betterAuth({ folder, name, secondaryStorage, count }) {
  const [{ betterAuth: create }, { memoryAdapter }, { apiKey }] = await Promise.all([
    import('better-auth'),
    import('better-auth/adapters/memory'),
    import('@better-auth/api-key'),
  ]);
  const storage = secondaryStorage === undefined ? {} : { storage: 'secondary-storage' };
  const auth = create({
    secret: 'a secret that is worth nothing outside of this measurement',
    baseURL: 'http://127.0.0.1',
    logger: { disabled: true },
    telemetry: { enabled: false },
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
    ...(secondaryStorage === undefined ? {} : { secondaryStorage }),
    plugins: [apiKey({ rateLimit: { enabled: false }, ...storage })],
  });
  const { internalAdapter } = await auth.$context;
  const keys = [];
  while (keys.length < count) {
    const user = await internalAdapter.createUser({
      email: `${keys.length}@example.test`,
      name: 'bench',
      emailVerified: true,
    });
    const body = { userId: user.id, name: 'bench', permissions: { orders: ['read'] } };
    keys.push((await auth.api.createApiKey({ body })).key);
  }
  return {
    keyFile: writeKeys(join(folder, name), keys),
    guard(req, res, next) {
      const key = String(req.headers['x-api-key']);
      void auth.api.verifyApiKey({ body: { key, permissions: { orders: ['read'] } } }).then(
        (result) => {
          if (!result.valid) return refuse(res);
          req.caller = result.key;
          next();
        },
        (error) => next(error),
      );
    },
  };
}

/** Those that need nothing but what this package itself depends on. */
const byHand = { 'redis-get-sha256': redisGetSha256, bcryptjs };

const fromPackages = {
  'sha256-lru': sha256Lru,
  'passport-headerapikey': passportHeaderApiKey,
  'prefixed-api-key': prefixedApiKey,
  'better-auth-memory': (parts) => betterAuth({ ...parts, name: 'better-auth-memory', count: 1 }),
  'better-auth-redis': ({ redis, ...parts }) =>
    betterAuth({
      ...parts,
      name: 'better-auth-redis',
      count: 200,
      secondaryStorage: {
        get: (key) => redis.get(`better-auth:${key}`),
        set: (key, value, ttl) =>
          ttl === undefined
            ? redis.set(`better-auth:${key}`, value)
            : redis.set(`better-auth:${key}`, value, 'EX', ttl),
        delete: (key) => redis.del(`better-auth:${key}`),
      },
    }),
};

/**
 * @param {Servers} servers `hasPeers`: whether the packages to compare with are installed
 * @returns {Promise<Routes & { missing: string[] }>}
 */
export async function peerRoutes({ folder, redisUrl, hasPeers }) {
  const redis = new Redis(redisUrl);
  const keys = Array.from({ length: keysInUse }, randomKey);
  const parts = { folder, redis, keys, keyFile: writeKeys(join(folder, 'peer-keys'), keys) };
  /** @type {Record<string, Route>} */
  const routes = {};
  for (const [name, make] of Object.entries({ ...byHand, ...(hasPeers ? fromPackages : {}) })) {
    routes[name] = await make(parts);
  }
  const missing = hasPeers ? [] : Object.keys(fromPackages);
  return { routes, missing, close: async () => void (await redis.quit()) };
}
