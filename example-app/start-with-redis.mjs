// Starts a redis-server and a PostgreSQL of its own on free ports, then the app on them. All data goes when it stops.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../test/servers/postgres.cjs';
import { startRedis } from '../test/servers/redis.cjs';

const signals = /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP']);

const redis = await startRedis();
const postgres = await startPostgres();
console.log(`Redis on ${redis.url}, PostgreSQL on ${postgres.url}; their data goes when this stops.`);

const app = spawn(process.execPath, [fileURLToPath(new URL('dist/server.js', import.meta.url))], {
  stdio: 'inherit',
  env: {
    ...process.env,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    API_KEYS_PEPPER: process.env.API_KEYS_PEPPER ?? randomBytes(32).toString('base64url'),
  },
});

// The servers would end at the signal; the app needs them until its last request is answered.
for (const signal of signals) {
  process.removeAllListeners(signal);
  process.on(signal, () => app.kill(signal));
}
const [code] = await once(app, 'exit');
await postgres.stop();
await redis.stop();
process.exit(code ?? 1);
