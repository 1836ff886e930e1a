import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp, type BuiltApp } from '../example-app/built-app.js';
import { startApp, type RunningApp } from '../example-app/running-app.js';
import { findServerProgram } from '../servers/install-servers.cjs';
import { startPrometheus } from '../servers/prometheus.cjs';
import { waitUntil } from '../servers/wait-until.cjs';
import { readAlertRules, readDashboard, rulesFile } from './monitoring-files.js';

// The first run installs Prometheus.
jest.setTimeout(400_000);

const token = 'a-token-for-prometheus';

describe('the rules, by promtool', () => {
  const run = (...args: readonly string[]): string =>
    execFileSync(findServerProgram('promtool'), args, { encoding: 'utf8' });

  it('are valid', () => {
    expect(run('check', 'rules', rulesFile)).toContain(`SUCCESS: ${readAlertRules().length} rules found`);
  });

  it('fire when they should, and only then', () => {
    expect(run('test', 'rules', join(__dirname, 'prometheus-rules.test.yml'))).toContain('SUCCESS');
  });
});

describe('a Prometheus that scrapes the example app', () => {
  let built: BuiltApp;
  let dataDir: string;
  let app: RunningApp;
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>;

  beforeAll(async () => {
    built = buildApp();
    dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-data-'));
    app = await startApp(built.folder, { DATA_DIR: dataDir, METRICS_TOKEN: token });
    await app.linesToPaste();
    const target = new URL(app.url).host;
    prometheus = await startPrometheus({ target, token, ruleFiles: [rulesFile] });
  });
  afterAll(async () => {
    await prometheus.stop();
    await app.end('SIGKILL');
    built.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function ask(path: string): Promise<unknown> {
    const answer = await fetch(`${prometheus.url}/api/v1/${path}`);
    const { status, data, error } = (await answer.json()) as Record<string, unknown>;
    if (status !== 'success') throw new Error(`${path}: ${String(error)}`);
    return data;
  }

  async function query(expr: string): Promise<readonly { readonly value: readonly [number, string] }[]> {
    const { result } = (await ask(`query?${new URLSearchParams({ query: expr }).toString()}`)) as {
      readonly result: readonly { readonly value: readonly [number, string] }[];
    };
    return result;
  }

  it('gets what every panel of the dashboard asks for', async () => {
    const [, password = ''] = /The password of this start is (\S+)/.exec(app.output()) ?? [];
    const post = async (path: string, body: object, bearer?: string): Promise<Record<string, unknown>> => {
      const headers = {
        'Content-Type': 'application/json',
        ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      };
      const answer = await fetch(app.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as Record<string, unknown>;
    };
    const { token: session } = await post('/signin', { username: 'alice', password });
    const limits = { rateLimits: [{ name: 'minute', limit: 3, windowSeconds: 60 }] };
    const input = { name: 'a key', scopes: ['orders:read'], ...limits };
    const { key } = await post('/api-keys/keys', input, String(session));
    const use = (path: string, sent: string): Promise<Response> =>
      fetch(app.url + path, { headers: { 'X-API-Key': sent } });
    const sendAll = async (): Promise<void> => {
      for (const sent of [key, key, key, key, 'junk']) await use('/orders', String(sent));
      await use('/report', String(key));
    };
    await sendAll();
    const total = 'sum(api_keys_verifications_total)';
    await waitUntil('it has scraped twice', async () => {
      await sendAll();
      const [increase] = await query('sum(increase(api_keys_verifications_total[10s]))');
      return Number(increase?.value[1]) > 0;
    });
    expect(Number((await query(total))[0]?.value[1])).toBeGreaterThan(10);

    const filled = (expr: string): string =>
      expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'orders').replaceAll('$instance', '.*');
    const empty: string[] = [];
    for (const { title, targets } of readDashboard().panels) {
      for (const { expr } of targets) {
        expect(expr).not.toMatch(/\$(?!__rate_interval|job|instance)/);
        if ((await query(filled(expr))).length === 0) empty.push(title);
      }
    }
    // The app runs without Redis.
    expect(empty).toEqual(['Redis']);
  });

  it('has loaded every rule, and sees that the app does not answer any more as the absence of values', async () => {
    const { groups } = (await ask('rules')) as {
      readonly groups: readonly {
        readonly rules: readonly { readonly name: string; readonly health: string }[];
      }[];
    };
    const loaded = groups.flatMap(({ rules }) => rules);
    expect(loaded.map(({ name }) => name)).toEqual(readAlertRules().map(({ alert }) => alert));
    await waitUntil('every rule was evaluated', async () => {
      const again = (await ask('rules')) as typeof groups extends infer G ? { readonly groups: G } : never;
      return again.groups.flatMap(({ rules }) => rules).every(({ health }) => health === 'ok');
    });
    expect(await query('up{job="orders"} == 1')).toHaveLength(1);
  });
});
