import express from 'express';
import request from 'supertest';
import { formatTable } from '../../lib/cli/format-table.js';
import type { Instance } from '../../lib/cli/instance.js';
import { stripControls } from '../../lib/cli/strip-controls.js';
import { createInstance } from '../harness/instance.js';
import { anyModule, runHere, type CommandOutcome } from './run-here.js';

describe('api-keys', () => {
  it('shows its help, that of each command, and its version', async () => {
    const help = await runHere(['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    for (const name of ['import', 'observe', 'routes']) {
      expect(help.out).toContain(`  ${name}`);
      const own = await runHere([name, '--from', 'x', '--help']);
      expect(own).toMatchObject({ code: 0, err: '', out: expect.stringContaining('--app FILE') });
    }
    expect(await runHere([])).toMatchObject({ code: 2, out: help.out });
    expect(await runHere(['--version'])).toMatchObject({ code: 0, out: '1.2.3' });
  });

  it.each([
    [['imprt'], /did you mean 'import'\?/],
    [['import', '--form', 'csv'], /did you mean --format\?|did you mean --from\?/],
    [['observe', '--jsno'], /did you mean --json\?/],
    [['observe', '--json', 'yes'], /one does not/],
    [['observe', '--json=yes'], /takes no value/],
    [['observe', '--app', '--json'], /--app needs a value: --app FILE/],
    [['observe', '--app'], /--app needs a value/],
    [['observe', '--app', 'a.js', '--app', 'b.js'], /given twice/],
    [['observe'], /--app is required/],
    [['observe', '--app', 'no-such-file.js'], /There is no file/],
    [['observe', '--app', anyModule, '--from', 'yesterday'], /--from must be a time/],
    [['observe', '--app', anyModule, '--from', '2027-01-31'], /--from has no time zone/],
    [['observe', '--app', anyModule], /exports nothing that is what createApiKeys\(\) has returned/],
    [['observe', '--app', anyModule, '--export', 'keys'], /nothing called keys/],
    [['import', '--app', anyModule, '--from', 'a.csv'], /--format is required/],
    [['import', '--app', anyModule, '--format', 'old'], /--from is required/],
    [['observe', '--__proto__', 'x'], /unknown option/],
  ] as const)('refuses %j', async (args, message) => {
    const { code, err, out } = await runHere(args, { exports: { other: 1 } });
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('asks which one is meant where a module has several instances or apps', async () => {
    const { apiKeys } = createInstance();
    const instance: Instance = { ...apiKeys, close: () => Promise.resolve() };
    const other: Instance = { ...instance };
    const several = await runHere(['observe', '--app', anyModule], {
      exports: { production: instance, forTests: other },
    });
    expect(several).toMatchObject({ code: 2, err: expect.stringContaining('production, forTests') });
    const apps = await runHere(['routes', '--app', anyModule, '--check'], {
      exports: { apiKeys: instance, adminApp: express(), publicApp: express() },
    });
    expect(apps).toMatchObject({ code: 2, err: expect.stringContaining('--express-export NAME') });
    await apiKeys.close();
  });

  it('finds the instance under its names, also in a module of CommonJS', async () => {
    const { apiKeys } = createInstance();
    const instance: Instance = { ...apiKeys, close: () => Promise.resolve() };
    for (const [exports, args] of [
      [{ apiKeys: instance }, []],
      [{ default: instance }, []],
      [{ default: { apiKeys: instance } }, []],
      [{ keysOfShop: instance, port: 3000 }, []],
      [{ default: { keys: instance } }, ['--export', 'keys']],
      [{ default: Object.assign(express(), { apiKeys: instance }) }, []],
      [{ apiKeys: 'no', second: instance }, ['--export', 'second']],
    ] as const) {
      const outcome = await runHere(['observe', '--app', anyModule, ...args], { exports });
      expect(outcome).toMatchObject({
        code: 0,
        err: expect.stringContaining('Nobody would have been refused'),
      });
    }
    await apiKeys.close();
  });
});

describe('api-keys observe', () => {
  it('prints who would have been refused, as a table and as JSON', async () => {
    const { apiKeys, key } = createInstance();
    const exports = { apiKeys: { ...apiKeys, close: () => Promise.resolve() } };
    const observe = (...args: readonly string[]): Promise<CommandOutcome> =>
      runHere(['observe', '--app', anyModule, ...args], { exports });
    const app = express();
    app.get(
      '/orders/:id',
      apiKeys.requireApiKey('orders:write', { mode: 'observe' }),
      (_req, res) => void res.end(),
    );
    const { id, token } = await key();
    await request(app).get('/orders/1');
    await request(app).get('/orders/2');
    await request(app).get('/orders/3').set('x-api-key', token);

    const table = await observe();
    expect(table).toMatchObject({ code: 0, err: '' });
    const [heading, first, second] = table.out.split('\n');
    expect(heading).toMatch(/^COUNT +METHOD +ROUTE +CODE +OWNER +KEY +FIRST +LAST$/);
    expect(first).toMatch(/^2 +GET +\/orders\/:id +missing_credential +- +- /);
    expect(second).toContain(id);

    const json = JSON.parse((await observe('--json', '--key', id)).out) as { items: unknown[] };
    expect(json.items).toEqual([
      expect.objectContaining({ keyId: id, count: 1, code: 'insufficient_scope' }),
    ]);
    expect(await observe('--check')).toMatchObject({ code: 1 });
    expect(await observe('--check', '--owner', 'nobody')).toMatchObject({ code: 0, out: '' });
    expect(await observe('--code', 'no_such_code')).toMatchObject({
      code: 2,
      err: expect.stringContaining('code'),
    });
    await apiKeys.close();
  });
});

describe('what is written to a terminal', () => {
  it('has nothing that it would obey', () => {
    expect(stripControls('a\u001b[31m\u0007b\u202ec\td\n\u009b')).toBe('a[31mbc\td\n');
    expect(formatTable(['A', 'B'], [['x\ny', null]])).toBe('A    B\nx y  -');
  });
});

describe('api-keys routes', () => {
  const { apiKeys } = createInstance();
  afterAll(() => apiKeys.close());

  function createApp(isGuarded: boolean): express.Express {
    const app = express();
    app.get('/health', (_req, res) => void res.end());
    app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.end());
    if (!isGuarded) app.post('/forgotten', (_req, res) => void res.end());
    return app;
  }
  const routes = (app: unknown, ...args: readonly string[]): Promise<CommandOutcome> =>
    runHere(['routes', '--app', anyModule, ...args], { exports: { apiKeys, app } });

  it('lists every route, and what nobody guards', async () => {
    const list = await routes(createApp(false));
    expect(list.code).toBe(0);
    expect(list.out).toMatch(/GET,HEAD +\/orders +guarded +requireApiKey: orders:read/);
    expect(list.out).toMatch(/POST +\/forgotten +unguarded/);
    expect(list.err).toContain('no guard is seen: POST /forgotten');
    expect(list.err).toContain('no route requires the scope orders:write');
    const json = JSON.parse((await routes(createApp(false), '--json')).out) as {
      unguarded: { path: string }[];
    };
    expect(json.unguarded.map(({ path }) => path)).toEqual(['/health', '/forgotten']);
  });

  it('fails with --check where a route has no guard and is not open', async () => {
    expect(await routes(createApp(false), '--check', '--open', '/health')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/POST \/forgotten[^]*api-keys: Not every route is guarded\./),
    });
    expect(await routes(createApp(true), '--check', '--open', '/health')).toMatchObject({ code: 0 });
    expect(await routes(createApp(true), '--check')).toMatchObject({ code: 1 });
    expect(await routes({})).toMatchObject({ code: 2, err: expect.stringContaining('an app of Express') });
    expect(await routes(() => createApp(true))).toMatchObject({
      code: 2,
      err: expect.stringContaining('calls the function'),
    });
  });
});
