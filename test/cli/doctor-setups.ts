import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createApiKeys, type ApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import { classifyFileSystem } from '../../lib/sql/sqlite/examine-file.js';
import { type OwnDatabase } from '../harness/own-database.js';
import { scopes, testPepper } from '../harness/instance.js';
import { createDatabase, startPostgres } from '../servers/postgres.cjs';
import { startRedis } from '../servers/redis.cjs';
import { anyModule, runHere } from './run-here.js';

export type Options = Partial<ApiKeysOptions<keyof typeof scopes>>;

const silent = { warn: () => undefined, error: () => undefined };
export const create = (options: Options): ApiKeys<keyof typeof scopes> =>
  createApiKeys({ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8, logger: silent, ...options });

/** Undone behind each test, the last one first. */
export const undo: (() => unknown)[] = [];

/** To be called behind each test. */
export async function undoAll(): Promise<void> {
  for (const each of undo.splice(0).toReversed()) await each();
}

export interface Report {
  readonly code: number;
  readonly ids: readonly string[];
  readonly text: string;
}

/** What the command finds in a set-up, with and without `--json`. */
export async function examine(
  exports: object | (() => object),
  {
    args = [],
    environment = { NODE_ENV: 'production' },
  }: { args?: string[]; environment?: Record<string, string> } = {},
): Promise<Report> {
  const given = ['doctor', '--app', anyModule, ...args];
  const { code, out, err } = await runHere([...given, '--json'], { exports, environment });
  const { findings } = JSON.parse(out) as { findings: { id: string }[] };
  return {
    code,
    ids: findings.map(({ id }) => id).filter((id) => id !== 'file-on-container'),
    text: `${out}${err}`,
  };
}

/** The server of the other tests gives up safety in a power cut, which `doctor` finds. */
let safeServer: ReturnType<typeof startPostgres> | null = null;
afterAll(async () => {
  await (await safeServer)?.stop();
});

export async function makeDatabase(): Promise<OwnDatabase> {
  safeServer ??= startPostgres({ args: ['-c', 'fsync=on', '-c', 'full_page_writes=on'] });
  const { url: anyDatabase, port } = await safeServer;
  const { url, drop } = await createDatabase(anyDatabase);
  undo.push(drop);
  return { url, port, remove: drop };
}

/** A file on a disk, with its tables. */
export async function makeFile(folder = makeFolder()): Promise<string> {
  const database = `file:${join(folder, 'keys.sqlite')}`;
  const first = create({ database });
  await first.ready();
  await first.close();
  return database;
}

/** One whose tables are there. */
export async function makeMigrated(): Promise<OwnDatabase> {
  const database = await makeDatabase();
  const instance = create({ database: database.url });
  await instance.ready();
  await instance.close();
  return database;
}

export async function run(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A role of its own, who may do what the page about PostgreSQL says. @returns its address and its name */
export async function makeRole(
  { url }: OwnDatabase,
  ...more: readonly string[]
): Promise<{ url: string; role: string }> {
  const role = `run_${new URL(url).pathname.slice(1)}`;
  await run(
    url,
    `create role ${role} login`,
    `grant usage on schema api_keys to ${role}`,
    `grant select, insert, update, delete on all tables in schema api_keys to ${role}`,
    `revoke update, delete on api_keys.audit_events from ${role}`,
    `grant update (personal, member_id) on api_keys.audit_events to ${role}`,
    `revoke insert, update, delete on api_keys.schema_versions from ${role}`,
    ...more.map((statement) => statement.replaceAll('ROLE', role)),
  );
  undo.push(() => run(url, `drop owned by ${role}`, `drop role ${role}`));
  const own = new URL(url);
  own.username = role;
  return { url: own.href, role };
}

export async function makeRedis(options: Parameters<typeof startRedis>[0] = {}) {
  const redis = await startRedis(options);
  undo.push(() => redis.stop());
  return redis;
}

/** Answers behind each reply this many milliseconds later. */
export async function makeSlowWay(port: number, delayMs: number): Promise<number> {
  const proxy = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.pipe(far);
    far.on('data', (chunk) => setTimeout(() => near.write(chunk), delayMs));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  undo.push(() => proxy.close());
  return (proxy.address() as AddressInfo).port;
}

/** A folder for files on a disk: where tests are given one in memory, `doctor` would find that. */
const onDisk = [tmpdir(), '/var/tmp', __dirname].find(
  (folder) => existsSync(folder) && classifyFileSystem(statfsSync(folder).type) !== 'memory',
);

export function makeFolder(parent = onDisk): string {
  const folder = mkdtempSync(join(parent ?? '/', 'doctor-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that is on the list, and does what `each` does twice a second. */
export async function listProcess(url: string, columns: string, each?: string): Promise<void> {
  await run(
    url,
    `insert into api_keys.instances (id, beat, acked, lease_ms, place) values ('another-process', 1, ${columns})`,
  );
  if (each === undefined) return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const timer = setInterval(() => void client.query(each), 500);
  undo.push(() => {
    clearInterval(timer);
    return client.end();
  });
}

export const beat = "update api_keys.instances set beat = beat + 1 where id = 'another-process'";
