// Compares the guard with bare Express, in one process and in paired rounds.
//   npm run bench -- [--quick] [--connections 64] [--json FILE]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { startRedis } from '../servers/redis.cjs';
import { comparePaired } from './paired-rounds.mjs';

const names = ['bare', 'bare-control', 'guard-l2', 'guard-store'];
/** Two bare routes must come out alike, or the machine was too restless to compare anything. */
const controlBounds = [0.97, 1.03];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    connections: { type: 'string', default: '64' },
    json: { type: 'string' },
  },
});
const rounds = options.quick ? 5 : 9;
const seconds = options.quick ? 1 : 2;

const redis = await startRedis();
const child = fork(fileURLToPath(new URL('./server.mjs', import.meta.url)), {
  env: { ...process.env, NODE_ENV: 'production', REDIS_URL: redis.url },
});
const exited = once(child, 'exit');
try {
  const [{ port, tokens }] = await Promise.race([
    once(child, 'message'),
    exited.then(() => {
      throw new Error('the measured process ended before it listened');
    }),
  ]);

  async function cpuMicros() {
    child.send('cpu');
    const [answer] = await once(child, 'message');
    return answer.cpuMicros;
  }

  async function measure(name) {
    const before = await cpuMicros();
    const result = await autocannon({
      url: `http://127.0.0.1:${port}`,
      connections: Number(options.connections),
      duration: seconds,
      // The same headers on every route, the bare ones too.
      requests: tokens.map((token) => ({ path: `/${name}`, headers: { 'X-Api-Key': token } })),
    });
    const after = await cpuMicros();
    if (result.non2xx > 0 || result.errors > 0) {
      throw new Error(`${name}: ${result.non2xx} refused and ${result.errors} failed requests`);
    }
    return {
      requests: result.requests.total,
      seconds: result.duration,
      cpuMicros: after - before,
      p50Micros: result.latency.p50 * 1000,
      p99Micros: result.latency.p99 * 1000,
    };
  }

  console.log(`Warming up ${names.length} routes, then ${rounds} rounds of ${seconds} s each`);
  for (const name of names) await measure(name);
  const rows = await comparePaired({
    names,
    rounds,
    measure,
    onRound: (round) => console.log(`round ${round} of ${rounds}`),
  });

  console.log('\n| route | of bare | CPU added, µs | p50, ms | p99, ms |');
  console.log('| --- | ---: | ---: | ---: | ---: |');
  for (const { name, ratioToBare, cpuAddedMicros, p50Micros, p99Micros } of rows) {
    const figures = [ratioToBare.toFixed(3), cpuAddedMicros.toFixed(1), p50Micros / 1000, p99Micros / 1000];
    console.log(`| ${[name, ...figures].join(' | ')} |`);
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

  const control = rows.find(({ name }) => name === 'bare-control').ratioToBare;
  if (control < controlBounds[0] || control > controlBounds[1]) {
    console.error(
      `\nVoid: the two bare routes differ (${control.toFixed(3)}). Run it again on a quieter machine.`,
    );
    process.exitCode = 1;
  }
} finally {
  child.kill('SIGTERM');
  await exited;
  await redis.stop();
}
