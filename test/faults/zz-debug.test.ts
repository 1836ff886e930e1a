import { runSeed } from './run-seed.js';
import { startFleet } from './fleet.js';
it('times', async () => {
  const t = performance.now();
  const f = await startFleet({ place: 'PostgreSQL and Redis', processes: 3 });
  process.stdout.write(`start ${performance.now() - t}\n`);
  const u = performance.now();
  await f.stop();
  process.stdout.write(`stop ${performance.now() - u}\n`);
}, 60_000);
it('debug', async () => {
  for (const [seed, place] of [
    [1, 'PostgreSQL and Redis'],
    [3, 'PostgreSQL'],
    [5, 'PostgreSQL and Redis'],
    [6, 'PostgreSQL and Redis'],
  ] as const) {
    const r = await runSeed({ seed, place, durationMs: 8000 });
    process.stdout.write(
      JSON.stringify({ ...r, violations: r.violations.slice(0, 10), n: r.violations.length }, null, 1) + '\n',
    );
  }
}, 200_000);
