import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { signalPostgres } from '../harness/signal-postgres.js';
import { createDatabase, startPostgres } from '../servers/postgres.cjs';
import { freePort } from '../servers/server-process.cjs';
import { buildApp, type BuiltApp } from './built-app.js';
import { startApp, type RunningApp } from './running-app.js';

const pepper = 'a pepper for tests, at least 32 bytes';
const statusesOfTheLines = [
  ...['-> 200', '-> 403', '-> 200', '-> 401'],
  // A plan that is taken away and given back, and the plan at the end.
  ...['-> 200', '-> 200', '-> 200', '-> 403', '-> 200', '-> 200', '-> 200'],
  // Members: a viewer, the manager, and the operator.
  ...['-> 403', '-> 201', '-> 200', '-> 403', '-> 200'],
];

/** Runs lines as a reader would who pastes them into a terminal; returns what they print. */
function paste(lines: string, environment: Readonly<Record<string, string>> = {}): string {
  return execFileSync('bash', ['-s'], {
    input: lines,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

const statusesIn = (output: string): string[] => output.match(/-> \d+/g) ?? [];

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Whether a process listens to SIGHUP, as the app does to SIGTERM; the latter Node.js itself catches (proc(5)). */
function listensToSignals(pid: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (BigInt(`0x${mask}`) & 1n) !== 0n;
}

/** What the pasted lines leave in variables; for tests that go on with them. */
const withoutTheEnd = (lines: string): string => lines.slice(0, lines.indexOf("echo; echo 'Revoked"));

describe('the process of the example app', () => {
  let built: BuiltApp;
  let dataDir: string;
  const running: RunningApp[] = [];

  beforeAll(() => {
    built = buildApp();
  }, 180_000);
  afterAll(() => built.remove());
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-data-'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.end('SIGKILL')));
    rmSync(dataDir, { recursive: true, force: true });
  }, 90_000);

  async function start(environment: Readonly<Record<string, string>> = {}, script?: string) {
    const app = await startApp(built.folder, { DATA_DIR: dataDir, ...environment }, script);
    running.push(app);
    return app;
  }

  it('prints its address, a new password, and lines that work when they are pasted', async () => {
    const app = await start();
    const lines = await app.linesToPaste();
    expect(app.output()).toContain(`Listening on ${app.url}\n`);
    expect(app.output()).toMatch(/The password of this start is [\w-]{16}\n/);
    expect(statusesIn(paste(lines))).toEqual(statusesOfTheLines);
    expect(statusesIn(paste(lines))).toEqual(statusesOfTheLines);
  }, 180_000);

  it('shows no password that somebody chose; its lines take it from the environment', async () => {
    const app = await start({ DEMO_PASSWORD: 'chosen*by$somebody' });
    const lines = await app.linesToPaste();
    expect(app.output()).not.toContain('chosen');
    expect(statusesIn(paste(lines, { DEMO_PASSWORD: 'chosen*by$somebody' }))).toEqual(statusesOfTheLines);

    // An interactive shell goes on with the next line after one that failed.
    const shell = spawnSync('bash', ['--norc', '--noprofile', '-i'], { input: lines, encoding: 'utf8' });
    expect(shell.stderr).toMatch(/DEMO_PASSWORD: export it with the value/);
    expect(shell.stdout).toBe('');
  }, 180_000);

  it('keeps keys when it is killed and started again', async () => {
    const first = await start();
    const lines = withoutTheEnd(await first.linesToPaste());
    const key = paste(`${lines}\necho; echo $KEY`).trim().split('\n').at(-1);
    expect(key).toMatch(/^demo_live_[0-9A-Za-z]{65}$/);
    await first.end('SIGKILL');
    expect(readdirSync(dataDir)).toContain('api-keys.db');

    const second = await start();
    await second.linesToPaste();
    const answer = await fetch(`${second.url}/orders`, { headers: { 'X-API-Key': key ?? '' } });
    expect(answer.status).toBe(200);
    expect(first.output() + second.output()).not.toContain(key);
  }, 180_000);

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends on %s with code 0',
    async (signal) => {
      const app = await start();
      await app.linesToPaste();
      expect(await app.end(signal)).toBe(0);
    },
    60_000,
  );

  it('answers what has begun before it ends, and ends once when it is stopped twice', async () => {
    const app = await start();
    await app.linesToPaste();
    const body = '{"username":"alice","password":"wrong"}';
    const request = httpRequest(`${app.url}/signin`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': body.length,
        Expect: '100-continue',
      },
    });
    request.flushHeaders();
    await once(request, 'continue');
    const ended = Promise.all([app.end('SIGTERM'), app.end('SIGINT')]);
    while (await isListening(Number(new URL(app.url).port))) await setTimeout(20);
    request.end(body);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(401);
    answer.resume();
    expect(await ended).toEqual([0, 0]);
  }, 180_000);

  it('ends in order on a SIGTERM that comes while it still starts', async () => {
    const app = await start();
    while (!listensToSignals(app.pid)) await setTimeout(1);
    const before = app.output();
    expect(await app.end('SIGTERM')).toBe(0);
    expect(before).toBe('');
  }, 180_000);

  it('is up and not ready while its database cannot be reached, logs that once, and keeps trying', async () => {
    const postgresUrl = new URL('postgres://postgres@127.0.0.1/postgres');
    postgresUrl.port = String(await freePort());
    const app = await start({ DATABASE_URL: postgresUrl.href, API_KEYS_PEPPER: pepper });
    while (!app.output().includes('API keys are not ready')) await setTimeout(20);
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
    expect((await fetch(`${app.url}/ready`)).status).toBe(503);
    // Two more tries.
    await setTimeout(5_000);
    expect(app.output().match(/API keys are not ready/g)).toHaveLength(1);
    expect(app.output()).toMatch(/API keys are not ready: .*ECONNREFUSED.*; check DATABASE_URL/);
    expect(await app.end('SIGTERM')).toBe(0);
  }, 180_000);

  it('says which file of keys cannot be opened, and why', async () => {
    const file = join(dataDir, 'api-keys.db');
    writeFileSync(file, 'this is a text, not a database\n'.repeat(100));
    const app = await start();
    while (!app.output().includes('API keys are not ready')) await setTimeout(20);
    expect(app.output()).toContain(`check the file ${file}`);
    expect(app.output()).toMatch(/API keys are not ready: .*(not a database|NOTADB)/);
    expect((await fetch(`${app.url}/ready`)).status).toBe(503);
  }, 180_000);

  it('is not ready while PostgreSQL stands still or is gone, and is again afterwards', async () => {
    const postgres = await startPostgres();
    try {
      const app = await start({ DATABASE_URL: postgres.url, API_KEYS_PEPPER: pepper });
      await app.linesToPaste();
      /** Waits, ten seconds at most, until the service logs it; what it logs then. */
      const untilReadyIs = async (status: number): Promise<unknown> => {
        const deadline = performance.now() + 10_000;
        for (;;) {
          const answer = await fetch(`${app.url}/ready`);
          if (answer.status === status) return answer.json();
          if (performance.now() > deadline) throw new Error(`/ready still says ${answer.status}`);
          await setTimeout(50);
        }
      };
      expect(await untilReadyIs(200)).toMatchObject({ ready: true, state: 'normal', database: 'up' });
      signalPostgres(postgres.pid, 'SIGSTOP');
      try {
        expect(await untilReadyIs(503)).toMatchObject({ ready: true, state: 'degraded', database: 'down' });
      } finally {
        signalPostgres(postgres.pid, 'SIGCONT');
      }
      expect(await untilReadyIs(200)).toMatchObject({ state: 'normal', database: 'up' });
      await postgres.kill();
      expect(await untilReadyIs(503)).toMatchObject({ state: 'degraded', database: 'down' });
    } finally {
      await postgres.stop();
    }
  }, 180_000);

  it('ends at once without a pepper beside a shared database, and says how to make one', async () => {
    const app = await start({ DATABASE_URL: 'postgres://app:secret-password@127.0.0.1:1/none' });
    expect(await app.ended).toBe(1);
    const [message, command] = app.output().split('\n');
    expect(message).toBe('API_KEYS_PEPPER is needed with DATABASE_URL. Make one with');
    const made = paste(command ?? '').trim();
    const next = await start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', API_KEYS_PEPPER: made });
    while (!next.output().includes('Listening')) await setTimeout(20);
    expect(app.output() + next.output()).not.toMatch(/secret-password/);
    expect(next.output()).not.toContain(made);
  }, 180_000);

  it('ends at once when its port is taken, and says what to set', async () => {
    const first = await start();
    await first.linesToPaste();
    const second = await start({ PORT: new URL(first.url).port });
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(/^Cannot listen on .*EADDRINUSE.*set PORT to a free port/);
  }, 180_000);

  it.each(['203.0.113.7', 'no-such-host.invalid'])(
    'ends at once on HOST=%s, and says what to set',
    async (host) => {
      const app = await start({ HOST: host });
      expect(await app.ended).toBe(1);
      expect(app.output()).toMatch(
        /^Cannot listen on .*; set HOST to an address of this machine, such as 127/,
      );
      expect(app.output().trim()).not.toContain('\n');
    },
    60_000,
  );

  it('shows that it is open to the network, and where it is reached', async () => {
    const app = await start({ HOST: '0.0.0.0', PUBLIC_URL: 'https://orders.example.com/' });
    while (!app.output().includes('\n')) await setTimeout(20);
    const { port } = new URL(app.url);
    expect(app.output()).toMatch(
      `Listening on http://0.0.0.0:${port}, open to the network; reached at https://orders.example.com\n`,
    );
  }, 180_000);

  it('runs on PostgreSQL and Redis: what one process revokes, the other refuses', async () => {
    const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    const environment = {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TEST_REDIS_ACL_URL'] ?? '',
      API_KEYS_PEPPER: pepper,
    };
    const [one, other] = await Promise.all([start(environment), start(environment)]);
    const lines = await one.linesToPaste();
    await other.linesToPaste();
    expect(await (await fetch(`${one.url}/ready`)).json()).toMatchObject({ state: 'normal', redis: 'up' });
    const use = (url: string): string =>
      `curl -s -w ' -> %{http_code}\\n' ${url}/orders -H "X-API-Key: $KEY"\n`;
    const revoke = `curl -s -o /dev/null -w '-> %{http_code}\\n' -X POST ${one.url}/api-keys/keys/$ID/revoke -H "Authorization: Bearer $TOKEN"\n`;
    const printed = paste(withoutTheEnd(lines) + use(other.url) + revoke + use(other.url));
    expect(statusesIn(printed)).toEqual(['-> 200', '-> 403', '-> 200', '-> 200', '-> 401']);
    // The reports are requested from the other process than the one that changes the plan.
    const elsewhere = lines.replaceAll('$APP/report', `${other.url}/report`);
    expect(statusesIn(paste(elsewhere))).toEqual(statusesOfTheLines);
    expect(readdirSync(dataDir)).toEqual([]);
    await Promise.all([one.end('SIGTERM'), other.end('SIGTERM')]);
    await database.drop();
  }, 180_000);

  it('brings a Redis and a PostgreSQL along with start:redis, and stops them at its end', async () => {
    const app = await start({}, 'start-with-redis.mjs');
    const lines = await app.linesToPaste();
    expect(await (await fetch(`${app.url}/ready`)).json()).toMatchObject({ state: 'normal', redis: 'up' });
    expect(statusesIn(paste(lines))).toEqual(statusesOfTheLines);
    const ports = [...app.output().matchAll(/(?:redis|postgres):\/\/\S*?:(\d+)/g)].map(([, port]) => port);
    expect(ports).toHaveLength(2);
    for (const port of ports) expect(await isListening(Number(port))).toBe(true);
    expect(await app.end('SIGTERM')).toBe(0);
    for (const port of ports) expect(await isListening(Number(port))).toBe(false);
  }, 120_000);

  it('leaves nothing behind when start:redis is killed', async () => {
    // An empty pepper is none.
    const app = await start({ API_KEYS_PEPPER: '' }, 'start-with-redis.mjs');
    await app.linesToPaste();
    // Resolves when the last process that writes to the same output is gone: the app.
    expect(await app.end('SIGKILL')).toBe(null);
    expect(await isListening(Number(new URL(app.url).port))).toBe(false);
  }, 120_000);
});

describe('the settings that come with the example app', () => {
  const read = (name: string): string =>
    readFileSync(join(__dirname, '..', '..', 'example-app', name), 'utf8');

  it('fit the servers of compose.yaml', () => {
    const compose = read('compose.yaml');
    const [, user, password, name] =
      /POSTGRES_USER: (\S+)\s+POSTGRES_PASSWORD: (\S+)\s+POSTGRES_DB: (\S+)/.exec(compose)!;
    expect(read('.env.example')).toContain(
      `DATABASE_URL=postgres://${user}:${password}@127.0.0.1:5432/${name}\n`,
    );
    expect(read('.env.example')).toContain('REDIS_URL=redis://127.0.0.1:6379\n');
    expect(compose).toContain(`'127.0.0.1:5432:5432'`);
    expect(compose).toContain(`'127.0.0.1:6379:6379'`);
  });
});
