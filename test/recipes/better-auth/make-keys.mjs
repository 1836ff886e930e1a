// Makes keys with better-auth, as an app does that uses it: node make-keys.mjs FOLDER-OF-PACKAGES DATABASE
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , tools = '', address = ''] = process.argv;
const requireTool = createRequire(join(tools, 'package.json'));
const load = (name) => import(pathToFileURL(requireTool.resolve(name)).href);
const requireHere = createRequire(import.meta.url);

async function openDatabase() {
  if (address.startsWith('postgres')) {
    const { Pool } = requireHere('pg');
    return new Pool({ connectionString: address });
  }
  const { SqliteDialect } = await load('kysely');
  const Database = requireHere('libsql');
  return { dialect: new SqliteDialect({ database: new Database(address) }), type: 'sqlite' };
}

const { betterAuth } = await load('better-auth');
const { apiKey } = await load('@better-auth/api-key');
const { getMigrations } = await load('better-auth/db/migration');
const database = await openDatabase();
const auth = betterAuth({
  secret: 'a secret of the app that is long enough',
  baseURL: 'http://localhost:3000',
  database,
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  logger: { level: 'error' },
  plugins: [
    apiKey({
      defaultPrefix: 'shop_',
      enableMetadata: true,
      keyExpiration: { minExpiresIn: 0 },
      rateLimit: { enabled: true, maxRequests: 100, timeWindow: 60_000 },
    }),
  ],
});
await (await getMigrations(auth.options)).runMigrations();
const { user } = await auth.api.signUpEmail({
  body: { email: 'alice@example.com', password: 'a long password', name: 'Alice' },
});

const make = (body) => auth.api.createApiKey({ body: { userId: user.id, ...body } });
const permissions = { orders: ['read', 'write'] };
const keys = {
  writer: await make({
    name: 'CI',
    permissions,
    metadata: { team: 'checkout' },
    remaining: 50,
    refillAmount: 50,
    refillInterval: 86_400_000,
    expiresIn: 2 * 86_400,
  }),
  reader: await make({ name: 'Reports', permissions: { orders: ['read'] }, rateLimitEnabled: false }),
  withoutAny: await make({}),
  disabled: await make({ name: 'Off', permissions }),
  expired: await make({ name: 'Old', permissions, expiresIn: 1 }),
};
await auth.api.updateApiKey({ body: { keyId: keys.disabled.id, userId: user.id, enabled: false } });
const verify = async (key, wanted) =>
  (await auth.api.verifyApiKey({ body: { key, ...(wanted === undefined ? {} : { permissions: wanted }) } }))
    .valid;
// What better-auth itself says of them.
const verdicts = {
  writer: await verify(keys.writer.key, permissions),
  reader: await verify(keys.reader.key, { orders: ['read'] }),
  readerWriting: await verify(keys.reader.key, permissions),
  withoutAny: await verify(keys.withoutAny.key, { orders: ['read'] }),
  disabled: await verify(keys.disabled.key),
};
const { expiresAt } = keys.expired;
await new Promise((resolve) =>
  setTimeout(resolve, Math.max(0, new Date(expiresAt).getTime() + 50 - Date.now())),
);
console.log(
  JSON.stringify({
    userId: user.id,
    ids: Object.fromEntries(Object.entries(keys).map(([name, { id }]) => [name, id])),
    keys: Object.fromEntries(Object.entries(keys).map(([name, { key }]) => [name, key])),
    verdicts,
    expiresAt: keys.writer.expiresAt,
  }),
);
process.exit(0);
