import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiKeys } from '../../lib/index.js';
import { createTestParts, scopes } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import { makeCommandFolder, type CommandFolder } from './command-folder.js';

const format = { name: 'old', pattern: /^old_[A-Za-z0-9_-]{32}$/ };
const keyOf = (index: number): string =>
  `old_${createHash('sha256').update(`key ${index}`).digest('base64url').slice(0, 32)}`;

jest.setTimeout(400_000);

describe('api-keys import', () => {
  let folder: CommandFolder;
  beforeAll(() => {
    folder = makeCommandFolder();
    folder.writeInstance(`foreignFormats: [{ name: 'old', pattern: ${String(format.pattern)} }]`);
  });
  afterAll(() => folder.remove());

  const importFrom = (from: string): readonly string[] => [
    ...['import', '--app', './api-keys.js', '--format', 'old', '--from', from],
    ...['--set', 'scopes=orders:read', '--set', 'name=Old key'],
  ];

  it.each(['SQLite', 'PostgreSQL'] as const)(
    'has every row once in %s after Ctrl-C, kill -9 and another run',
    async (kind) => {
      const count = 600;
      const database = await makeOwnDatabase(kind);
      const environment = { DATABASE: database.url };
      const rows = Array.from({ length: count }, (_, index) =>
        JSON.stringify({ key: keyOf(index), ownerId: `owner-${index % 7}` }),
      );
      const file = folder.write(`${kind}.jsonl`, `${rows.join('\n')}\n`);

      const { defaults } = createTestParts({ database: database.url });
      const apiKeys = createApiKeys({
        ...defaults,
        scopes,
        database: database.url,
        foreignFormats: [format],
      });
      await apiKeys.ready();
      const waitForRows = async (wanted: number): Promise<void> => {
        while (!(await isThere(wanted))) await sleep(20);
      };
      // Rows are imported in their order.
      const isThere = async (wanted: number): Promise<boolean> => {
        try {
          return (await apiKeys.keys.verify({ key: keyOf(wanted - 1) })).allowed;
        } catch {
          // The database was too busy for a moment.
          return false;
        }
      };

      // From stdin, of which more is waited for when it is interrupted.
      const interrupted = folder.start([...importFrom('-'), '--as', 'jsonl'], environment);
      interrupted.child.stdin.on('error', () => undefined).write(`${rows.slice(0, 50).join('\n')}\n`);
      await waitForRows(40);
      interrupted.child.kill('SIGINT');
      const first = await interrupted.done;
      expect(first.code).toBe(130);
      expect(first.stderr).toContain('Run the same command again');
      expect(first.stdout).toMatch(/^50 rows read: 50 imported/);

      const killed = folder.start(importFrom(file), environment);
      await waitForRows(60 + Math.floor(Math.random() * 100));
      killed.child.kill('SIGKILL');
      await killed.done;

      const last = await folder.run(importFrom(file), environment);
      expect(last.code).toBe(0);
      const [, imported, there] =
        /^600 rows read: (\d+) imported, (\d+) already there, 0 left out/.exec(last.stdout) ?? [];
      expect(Number(imported) + Number(there)).toBe(count);
      expect(Number(there)).toBeGreaterThanOrEqual(50);

      for (let index = 0; index < count; index += 67) {
        expect(await apiKeys.keys.verify({ key: keyOf(index) })).toMatchObject({ allowed: true });
      }
      let [total, cursor]: [number, string | undefined] = [0, undefined];
      do {
        const page = await apiKeys.keys
          .as(theApp)
          .list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
        total += page.items.length;
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(total).toBe(count);
      await apiKeys.close();
      await database.remove();
    },
  );
});
