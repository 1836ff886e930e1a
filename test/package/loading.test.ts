import { join } from 'node:path';
import { freshDatabase, PROJECTS, run } from './installed-package.js';

/** Files that the package had loaded, beyond those of Express. */
interface Loaded {
  readonly required: readonly string[];
  readonly ready: readonly string[];
  readonly late: readonly string[];
  readonly statuses: readonly number[];
}

async function start(program: string, ...more: readonly string[]): Promise<Loaded> {
  const args = [program, freshDatabase(), ...more];
  const { code, stdout, stderr } = await run(process.execPath, args, join(PROJECTS, 'loading'));
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Loaded;
}

const packagesOf = (files: readonly string[]): readonly string[] => [
  ...new Set(files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file)),
];
const notNeeded = ['kysely', 'ioredis', 'express-validator', 'validator', 'pg'];

describe.each(['app.cjs', 'app.mjs'])('what an app loads (%s)', (program) => {
  it('is little without Redis and without the admin router, and nothing in a request', async () => {
    const { required, ready, late, statuses } = await start(program);
    expect(required.length).toBeGreaterThan(5);
    expect(required.length).toBeLessThanOrEqual(40);
    expect(ready.length).toBeLessThanOrEqual(80);
    expect(packagesOf(required)).not.toContain('libsql');
    expect(packagesOf(ready)).toEqual(expect.arrayContaining(['express-api-keys', 'libsql']));
    expect(packagesOf(ready).filter((name) => notNeeded.includes(name))).toEqual([]);
    expect(
      ready.filter((file) =>
        /express-api-keys\/dist\/\w+\/(?:parts\/(?:postgres|redis|managed-redis)|dialects)/.test(file),
      ),
    ).toEqual([]);
    expect(late).toEqual([]);
    expect(statuses).toEqual([401, 200, 403, 401, 401]);
  });

  it('is what validates requests as well with the admin router, and nothing in a request', async () => {
    const { ready, late, statuses } = await start(program, 'admin');
    expect(ready.length).toBeLessThanOrEqual(220);
    expect(packagesOf(ready)).toContain('express-validator');
    expect(packagesOf(ready)).not.toContain('ioredis');
    expect(late).toEqual([]);
    expect(statuses).toEqual([201, 401, 200, 403, 401, 200, 200, 400, 200, 200, 401]);
  });
});
