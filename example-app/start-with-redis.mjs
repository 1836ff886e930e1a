// Starts a redis-server and a PostgreSQL of its own on free ports, then the app on them. All data goes when it stops.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../test/servers/postgres.cjs';
import { startRedis } from '../test/servers/redis.cjs';

const signals = /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP']);

/** @type {import('node:child_process').ChildProcess | undefined} */
let app;
let isStopping = false;
// The servers stay until the app, which needs them, has answered its last request.
for (const signal of signals) {
  process.on(signal, () => {
    isStopping = true;
    app?.kill('SIGTERM');
  });
}

const redis = await startRedis();
const postgres = await startPostgres();
let exitCode = 0;

if (!isStopping) {
  console.log(`Redis on ${redis.url}, PostgreSQL on ${postgres.url}; their data goes when this stops.`);
  app = spawn(process.execPath, [fileURLToPath(new URL('dist/server.js', import.meta.url))], {
    // The channel closes when this process is gone, however it went: then the app ends as well.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      API_KEYS_PEPPER: process.env.API_KEYS_PEPPER?.trim() || randomBytes(32).toString('base64url'),
    },
  });
  const [code] = await once(app, 'exit');
  exitCode = code ?? 1;
}
await postgres.stop();
await redis.stop();
process.exit(exitCode);
