import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createApiKeys, InvalidOptionError } from '../../lib/index.js';
import { testPepper } from '../harness/instance.js';
import { createWith } from './create-options.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'words-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Starts an instance on a database and returns what it logged. */
async function start(database: string): Promise<Record<'warn' | 'info', string[]>> {
  const logged = { warn: [] as string[], info: [] as string[] };
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders' },
    pepper: testPepper,
    database,
    logger: {
      warn: (message) => void logged.warn.push(message),
      error: (message) => void logged.warn.push(message),
      info: (message) => void logged.info.push(message),
    },
  });
  await apiKeys.ready();
  await apiKeys.close();
  return logged;
}

describe('a file that SQLite would read as something else', () => {
  it.each([
    ['file::memory:', /memoryStore\(\)/],
    ['file::memory:?cache=shared', /memoryStore\(\)/],
    ['file:./k.sqlite?mode=memory', /memoryStore\(\)/],
    ['file:./k.sqlite?mode=ro', /takes no parameters, such as \?mode=ro/],
    ['file:///var/lib/k.sqlite?immutable=1', /takes no parameters/],
    ['file:./k.sqlite#x', /takes no fragment/],
    ['file:///k.sqlite#x', /takes no fragment/],
    ['file:~/k.sqlite', /~ is not expanded/],
    ['file:./data/', /not that of a folder/],
    ['file:a%20b.sqlite', /is not percent-encoded/],
    ['file://./k.sqlite', /between file:\/\/ and the next slash is a host/],
    ['file://server/k.sqlite', /is a host/],
    ['file: ', /needs a path/],
  ])('is refused at construction: %s', (database, message) => {
    const create = (): unknown => createWith({ database });
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(/^database: /);
    expect(create).toThrow(message);
  });
});

describe('what was opened', () => {
  it('is logged with the absolute path, and whether it is new', async () => {
    const file = join(folder, 'keys.sqlite');
    const database = `file:${relative(process.cwd(), file)}`;
    expect(await start(database)).toEqual({
      warn: [`api-keys: new tables were created in the file ${file}; keys stored elsewhere are unknown here`],
      info: [],
    });
    expect(await start(database)).toEqual({ warn: [], info: [`api-keys: opened the file ${file}`] });
    expect(await start(pathToFileURL(file).href)).toEqual({
      warn: [],
      info: [`api-keys: opened the file ${file}`],
    });
    expect(resolve(file)).toBe(file);
  });

  it.each(['a b.sqlite', 'ключи.sqlite', 'a&b=c.sqlite', '100%.sqlite'])(
    'has the name that was written: %s',
    async (name) => {
      await start(`file:${join(folder, name)}`);
      expect(await readdir(folder)).toContain(name);
      await start(pathToFileURL(join(folder, name)).href);
      expect((await readdir(folder)).filter((each) => each.endsWith('.sqlite'))).toEqual([name]);
    },
  );
});
