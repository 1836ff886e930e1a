import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCommandFolder, type CommandFolder } from './command-folder.js';

describe('the program api-keys', () => {
  let folder: CommandFolder;
  beforeAll(() => {
    folder = makeCommandFolder();
    folder.writeInstance();
  });
  afterAll(() => folder.remove());

  const environment = { DATABASE: 'file:unused.sqlite' };
  /** An instance whose audit log is the one of a generator with this body. */
  function writeAudit(body: string): void {
    folder.write(
      'audit.js',
      `import { apiKeys as instance } from './api-keys.js';
       const audit = { as: () => ({ async *export() { ${body} } }) };
       export const apiKeys = new Proxy(instance, {
         get: (target, name) => {
           const value = name === 'audit' ? audit : Reflect.get(target, name);
           return typeof value === 'function' ? value.bind(target) : value;
         },
       });`,
    );
  }

  it('keeps an app from listening, and ends although the app has timers', async () => {
    folder.write(
      'app.js',
      `import express from 'express';
       export { apiKeys } from './api-keys.js';
       import { apiKeys } from './api-keys.js';
       export const app = express();
       app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => res.end());
       app.listen(1, () => console.log('listens'));
       setInterval(() => {}, 1000);
       console.log('is loaded');`,
    );
    const outcome = await folder.run(['routes', '--app', './app.js', '--json'], {
      DATABASE: 'file:unused.sqlite',
    });
    expect(outcome.code).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ routes: [{ path: '/orders', state: 'guarded' }] });
    expect(outcome.stderr).toContain('nothing listens while a command runs');
    expect(outcome.stderr).toContain('is loaded');
  });

  it('fails where a module of the app throws, exits, waits for ever or is TypeScript that Node.js does not read', async () => {
    const modules = {
      'throws.js': "throw new Error('cannot reach postgres://me:pA55w0rd@db/keys');",
      'exits.js': 'process.exit(0);',
      'waits.js': 'setTimeout(() => process.exit(0), 300); await new Promise(() => {});',
      'later.js': "setTimeout(() => { throw new Error('later'); }, 10); await new Promise(() => {});",
      'typed.ts': 'enum Level { one } export const level: Level = Level.one;',
    };
    for (const [name, content] of Object.entries(modules)) folder.write(name, content);
    const outcomes = await Promise.all(
      Object.keys(modules).map((name) => folder.run(['observe', '--app', `./${name}`])),
    );
    expect(outcomes.map(({ code }) => code)).toEqual([2, 1, 1, 1, 2]);
    const [throwing, exiting, waiting, later, typed] = outcomes.map(({ stderr }) => stderr);
    expect(throwing).toContain('throws.js cannot be loaded: cannot reach postgres://me:…@db/keys');
    expect(exiting).toContain('has ended the process');
    expect(waiting).toContain('has ended the process');
    expect(later).toContain('later');
    expect(typed).toContain('--import tsx');
    expect(outcomes.map(({ stdout }) => stdout).join('')).toBe('');
    expect((await folder.run(['--version'])).stdout).toBe('9.8.7\n');
  });

  it('prints all of its output to a slow reader, and fails where it cannot be written', async () => {
    const routes = Array.from({ length: 3_000 }, (_, index) => `app.get('/route-number-${index}', answer);`);
    folder.write(
      'many.js',
      `import express from 'express';
       export { apiKeys } from './api-keys.js';
       process.stdout.write('written by the app');
       const answer = (req, res) => res.end();
       export const app = express();
       ${routes.join('\n')}`,
    );
    const command = ['routes', '--app', './many.js', '--json'];
    const slow = await folder.runInShell(command, environment, '| (sleep 4; cat)');
    expect((JSON.parse(slow.stdout) as { routes: object[] }).routes).toHaveLength(3_000);
    expect((await folder.runInShell(command, environment, '> /dev/full')).code).toBe(1);
  });

  it('prints JSON whose strings are those of the data, and nothing that a terminal would obey', async () => {
    writeAudit("yield { name: 'a\\u202eb\\u009bc\\u007fd\\u001be\\u200ef\\tg' };");
    const { code, stdout } = await folder.run(['audit', '--all', '--app', './audit.js'], environment);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ name: 'a\u202eb\u009bc\u007fd\u001be\u200ef\tg' });
    expect(stdout).toMatch(/^[\u0020-\u007e]+\n$/);
  });

  it('stops to read when nobody reads what it prints', async () => {
    writeAudit(
      "for (let sequence = 1; ; sequence++) { await new Promise((next) => setImmediate(next)); yield { sequence, text: 'x'.repeat(1000) }; }",
    );
    const outcome = await folder.runInShell(
      ['audit', '--all', '--app', './audit.js'],
      environment,
      '| head -1',
    );
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{"sequence":1,/) });
    expect(outcome.stderr).not.toContain('closed');
  });

  it('ends an import at the first Ctrl-C that has not reached a row, with 130', async () => {
    folder.write(
      'waiting.js',
      `process.on('SIGINT', () => {});
       setInterval(() => {}, 1000);
       console.log('is loading');
       await new Promise(() => {});`,
    );
    folder.write('loaded.js', "export { apiKeys } from './with-format.js'; console.log('is loaded');");
    folder.write(
      'with-format.js',
      `import { createApiKeys } from './express-api-keys.js';
       export const apiKeys = createApiKeys({ prefix: 'acme', scopes: { 'orders:read': 'Read orders' },
         pepper: 'test-pepper-test-pepper-test-pepper!', database: process.env.DATABASE,
         foreignFormats: [{ name: 'old', pattern: /^old_[a-z]{16}$/ }] });`,
    );
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const file = 'file:unused.sqlite';
    const cases = [
      { module: './waiting.js', said: 'is loading', database: file, sent: '' },
      { module: './loaded.js', said: 'is loaded', database: `postgres://127.0.0.1:${port}/keys`, sent: '' },
      { module: './loaded.js', said: 'is loaded', database: file, sent: '' },
      { module: './loaded.js', said: 'is loaded', database: file, sent: 'key,ownerId,name,scopes\n' },
    ];
    for (const { module, said, database, sent } of cases) {
      const from = ['--format', 'old', '--from', '-', '--as', 'csv'];
      const { child, done, waitFor } = folder.start(['import', '--app', module, ...from], {
        DATABASE: database,
      });
      child.stdin.on('error', () => undefined).write(sent);
      await waitFor(said);
      // Long enough for what comes behind the module, where anything does.
      await sleep(1_000);
      child.kill('SIGINT');
      const { code, stderr } = await done;
      expect([module, sent, code]).toEqual([module, sent, 130]);
      expect(stderr).toContain('Run the same command again');
      // What it was waiting for has not ended it.
      expect(stderr).not.toContain('was not loaded');
    }
    silent.close();
  });
});
