import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiKeys } from '../../lib/index.js';
import { createTestParts, scopes, testPepper } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { makeScriptFolder, type ScriptFolder } from '../harness/script-folder.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(400_000);

const count = 1_500;
const kills = 20;
const keyOf = (index: number): string =>
  `old_${createHash('sha256').update(`key ${index}`).digest('base64url').slice(0, 32)}`;
const format = { name: 'old', pattern: /^old_[A-Za-z0-9_-]{32}$/ };

/** Imports all rows from the first on, and says what it has done. */
const script = `
import { createHash } from 'node:crypto';
import { createApiKeys } from './express-api-keys.mjs';
const apiKeys = createApiKeys({
  prefix: 'acme', scopes: ${JSON.stringify(scopes)}, pepper: ${JSON.stringify(testPepper)},
  database: process.argv[2], foreignFormats: [{ name: 'old', pattern: ${String(format.pattern)} }],
});
function* rows() {
  for (let index = 0; index < ${count}; index += 1) {
    const key = 'old_' + createHash('sha256').update('key ' + index).digest('base64url').slice(0, 32);
    yield { key, ownerId: 'owner-' + index % 7, name: 'Key ' + index, scopes: ['orders:read'] };
  }
}
await apiKeys.ready();
console.log('begins');
const report = await apiKeys.keys.as({ kind: 'application' }).import({ format: 'old', rows: rows() });
console.log(JSON.stringify(report));
await apiKeys.close();
`;

describe('an import that is killed', () => {
  let folder: ScriptFolder;
  beforeAll(() => {
    folder = makeScriptFolder();
    writeFileSync(folder.path('import.mjs'), script);
  });
  afterAll(() => folder.remove());

  /** Runs until it is done, or is killed so long after it has begun. */
  async function run(url: string, killAfterMs: number | null): Promise<string> {
    const child = spawn(process.execPath, [folder.path('import.mjs'), url], { stdio: 'pipe' });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const exited = once(child, 'exit');
    if (killAfterMs !== null) {
      while (!output.includes('begins') && child.exitCode === null) await sleep(5);
      await sleep(killAfterMs);
      child.kill('SIGKILL');
    }
    await exited;
    return output;
  }

  it.each(['SQLite', 'PostgreSQL'] as const)(
    'at random points, and run again, has every row once in %s',
    async (kind) => {
      const database = await makeOwnDatabase(kind);
      let done = 0;
      for (let kill = 0; kill < kills; kill += 1) {
        const output = await run(database.url, Math.random() * 150);
        if (output.includes('"rows"')) done += 1;
      }
      // Otherwise nothing was interrupted.
      expect(done).toBeLessThan(kills);
      const last = await run(database.url, null);
      const report = JSON.parse(last.slice(last.indexOf('{'))) as Record<string, number>;
      expect(report).toMatchObject({ rows: count, invalid: 0 });
      expect((report['imported'] ?? 0) + (report['alreadyImported'] ?? 0)).toBe(count);

      const { defaults } = createTestParts({ database: database.url });
      const apiKeys = createApiKeys({
        ...defaults,
        scopes,
        database: database.url,
        foreignFormats: [format],
      });
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await apiKeys.keys.as(theApp).list({ limit: 100, cursor });
        names.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(names).toHaveLength(count);
      expect(new Set(names).size).toBe(count);
      for (let index = 0; index < count; index += 97) {
        const verdict = await apiKeys.keys.verify({ key: keyOf(index), scopes: 'orders:read' });
        expect(verdict).toMatchObject({ allowed: true, apiKey: { name: `Key ${index}` } });
      }
      expect(await apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true });
      await apiKeys.close();
      await database.remove();
    },
  );
});
