// @ts-check
// This package, on every kind of store and cache. Each route is an instance of its own where it is set up in its own way.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKeys } from 'express-api-keys';
import { openImported } from './imported-keys.mjs';
import { accessTokensFor } from './access-tokens.mjs';
import { makeSigners, origin } from './make-signers.mjs';
import {
  forgedKeys,
  limitKeys,
  pepper,
  prefix,
  scopes,
  seedPostgres,
  seedSqlite,
  writeKeys,
} from './seed-keys.mjs';

const keysInUse = 1000;
const scope = 'orders:read';
/** What is compared is what a lookup costs, so the headers are left out, except where a name says that they are not. */
const bareAnswers = { cacheHeaders: false };

/** @typedef {{ folder: string, redisUrl: string, postgresUrl?: string | undefined, hasPeers?: boolean | undefined }} Servers */
/** @typedef {{ guard?: import('express').RequestHandler, keyFile: string, signersFile?: string, order?: 'random', status?: 401 }} Route */
/** @typedef {{ routes: Record<string, Route>, close: () => Promise<void> }} Routes */

/** @param {Omit<import('express-api-keys').ApiKeysOptions<typeof scope>, 'prefix' | 'scopes'>} options */
async function open(options) {
  const apiKeys = createApiKeys({ prefix, scopes, pepper, ...options });
  await apiKeys.ready();
  return apiKeys;
}

/** @param {Servers} servers @returns {Promise<Routes>} */
export async function ownRoutes({ folder, redisUrl, postgresUrl }) {
  /** @param {string} name */
  const file = (name) => join(folder, name);
  const seeded = file('seeded.sqlite');
  const keys = await seedSqlite(seeded, keysInUse);
  /** Instances must not wait for each other's writes. */
  const copyOfStore = (/** @type {string} */ name) => {
    copyFileSync(seeded, file(`${name}.sqlite`));
    return `file:${file(`${name}.sqlite`)}`;
  };
  /** @param {string} name */
  const redis = (name) => ({ redis: { client: redisUrl, keyPrefix: `${name}:` } });

  const issuer = 'http://127.0.0.1';
  const warm = await open({ database: copyOfStore('warm'), ...redis('warm'), tokens: { issuer } });
  const shared = await open({ database: copyOfStore('shared'), ...redis('shared'), cache: false });
  const store = await open({ database: copyOfStore('store'), cache: false });
  /** Limits that are never exceeded. @param {readonly ['minute' | 'hour' | 'day', number][]} windows */
  const openLimited = async (...windows) => {
    const name = `limits-${windows.length}`;
    const database = copyOfStore(name);
    const limits = windows.map(([window, windowSeconds]) => ({
      ...{ name: window, limit: 1_000_000_000, windowSeconds },
    }));
    limitKeys(file(`${name}.sqlite`), limits);
    return open({ database, ...redis(name) });
  };
  const limited1 = await openLimited(['minute', 60]);
  const limited3 = await openLimited(['minute', 60], ['hour', 3600], ['day', 86_400]);
  // Signatures are made before a window begins, and Redis was started just now.
  const signatures = { origin, maxAgeSeconds: 600, skewSeconds: 1 };
  const signed = await open({
    ...{ database: copyOfStore('signed'), ...redis('signed'), signatures, bcryptCost: 8 },
  });
  const signedGuard = signed.requireApiKey(scope, { ...bareAnswers, signed: 'required' });
  /** @param {import('./make-signers.mjs').Algorithm} algorithm @returns {Promise<Route>} */
  const signedRoute = async (algorithm) => ({
    guard: signedGuard,
    keyFile: file(`signed-${algorithm}`),
    signersFile: await makeSigners(
      (fields) =>
        signed.keys
          .as({ kind: 'application' })
          .create({ ownerId: 'bench', name: 'signer', scopes: [scope], ...fields }),
      algorithm,
      prefix,
      file(`signers-${algorithm}`),
    ),
  });
  const opened = [warm, shared, store, limited1, limited3, signed];

  const keyFile = writeKeys(file('keys'), keys);
  const forged = forgedKeys(keys);
  const guard = warm.requireApiKey(scope);
  /** @type {Record<string, Route>} */
  const routes = {
    bare: { keyFile },
    'bare-control': { keyFile },
    'guard-warm': { guard: warm.requireApiKey(scope, bareAnswers), keyFile },
    'guard-warm-headers': { guard, keyFile },
    'guard-token-warm': {
      guard: warm.requireApiKey(scope, bareAnswers),
      keyFile: writeKeys(file('tokens'), await accessTokensFor(warm, keys)),
    },
    'guard-signed-ed25519': await signedRoute('ed25519'),
    'guard-signed-rsa-pss-sha512': await signedRoute('rsa-pss-sha512'),
    'guard-signed-hmac-sha256': await signedRoute('hmac-sha256'),
    'guard-limits-1': { guard: limited1.requireApiKey(scope, bareAnswers), keyFile },
    'guard-limits-3': { guard: limited3.requireApiKey(scope, bareAnswers), keyFile },
    'guard-l2': { guard: shared.requireApiKey(scope, bareAnswers), keyFile },
    'guard-store': { guard: store.requireApiKey(scope, bareAnswers), keyFile },
    'wrong-secret': { guard, keyFile: writeKeys(file('wrong-secret'), forged.wrongSecret), status: 401 },
    'forged-checksum': { guard, keyFile: writeKeys(file('misspelt'), forged.misspelt), status: 401 },
    'forged-unknown': { guard, keyFile: writeKeys(file('unknown'), forged.unknown), status: 401 },
  };
  const imported = await openImported(copyOfStore('imported'));
  routes['forged-imported'] = {
    guard: imported.guard,
    keyFile: writeKeys(file('forged-imported'), imported.forged),
    status: 401,
  };
  if (postgresUrl !== undefined) {
    const postgresKeys = await seedPostgres(postgresUrl, keysInUse);
    const onPostgres = await open({ database: postgresUrl, cache: false });
    opened.push(onPostgres);
    routes['guard-store-postgres'] = {
      guard: onPostgres.requireApiKey(scope, bareAnswers),
      keyFile: writeKeys(file('postgres-keys'), postgresKeys),
    };
  }
  return {
    routes,
    close: async () => void (await Promise.all([imported, ...opened].map((each) => each.close()))),
  };
}

/**
 * Many keys in use, drawn at random: with room for all of them, and with the room that there is by default.
 * @param {Servers} servers
 * @returns {Promise<Routes>}
 */
export async function manyKeysRoutes({ folder, redisUrl }) {
  const hundredThousand = join(folder, '100k.sqlite');
  const million = join(folder, '1m.sqlite');
  const keyFile = writeKeys(join(folder, '100k'), await seedSqlite(hundredThousand, 100_000));
  const millionKeyFile = writeKeys(join(folder, '1m'), await seedSqlite(million, 1_000_000));
  /** @param {number} maxKeys */
  const roomFor = (maxKeys) => ({ cache: { maxKeys, maxBytes: maxKeys * 2000 } });
  /** @param {string} seeded @param {string} name @param {Parameters<typeof open>[0]} [options] */
  const openOn = async (seeded, name, options = {}) => {
    const copy = join(folder, `${name}.sqlite`);
    copyFileSync(seeded, copy);
    return open({ database: `file:${copy}`, redis: { client: redisUrl, keyPrefix: `${name}:` }, ...options });
  };
  const instances = {
    'guard-warm-100k': await openOn(hundredThousand, 'guard-warm-100k', roomFor(250_000)),
    'guard-default-100k': await openOn(hundredThousand, 'guard-default-100k'),
    'guard-warm-1m': await openOn(million, 'guard-warm-1m', roomFor(2_500_000)),
    'guard-default-1m': await openOn(million, 'guard-default-1m'),
  };
  /** @type {Record<string, Route>} */
  const routes = { bare: { keyFile }, 'bare-control': { keyFile } };
  for (const [name, apiKeys] of Object.entries(instances)) {
    routes[name] = {
      guard: apiKeys.requireApiKey(scope, bareAnswers),
      keyFile: name.endsWith('-1m') ? millionKeyFile : keyFile,
      order: 'random',
    };
  }
  return {
    routes,
    close: async () => void (await Promise.all(Object.values(instances).map((apiKeys) => apiKeys.close()))),
  };
}
