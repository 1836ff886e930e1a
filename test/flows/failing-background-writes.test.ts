import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import pg from 'pg';
import request from 'supertest';
import { AccessRecorder, rowsPerWindow, type AccessNote } from '../../lib/audit/access-recorder.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { FailureLog, quietMs } from '../../lib/domain/failure-log.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

let database: OwnDatabase;
beforeAll(async () => {
  database = await makeOwnDatabase('PostgreSQL');
});
afterAll(() => database.remove());

interface Line {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly error: unknown;
}

function recordLines(): { readonly lines: Line[]; readonly logger: { warn: Say; error: Say } } {
  const lines: Line[] = [];
  const say =
    (level: Line['level']): Say =>
    (message, error) =>
      void lines.push({ level, message, error });
  return { lines, logger: { warn: say('warn'), error: say('error') } };
}

type Say = (message: string, error?: unknown) => void;

it('P20: uses that cannot be written for a while are logged when that begins and when it ends, with what was lost', async () => {
  const { lines, logger } = recordLines();
  const { apiKeys, key } = createInstance({ database: database.url, logger });
  await apiKeys.ready();
  const known = await key();
  const others = [await key(), await key(), await key()];
  const use = async ({ token }: { readonly token: string }): Promise<void> => {
    expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
  };
  const usesOf = async ({ id }: { readonly id: string }): Promise<number> =>
    (await apiKeys.keys.as(theApp).get({ id }))?.useCount ?? 0;
  const recorded = async (made: { readonly id: string }, count: number): Promise<void> => {
    while ((await usesOf(made)) < count) await sleep(50);
  };
  await use(known);
  await recorded(known, 1);

  const blocker = new pg.Client(database.url);
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('lock table api_keys.key_usage in access exclusive mode');
  // Three uses that are not the first of their key, and first ones whose writing fails again and again.
  for (let count = 0; count < 3; count += 1) await use(known);
  for (const other of others) {
    await use(other);
    await sleep(2_500);
  }
  // On a busy machine the first of them takes longer to fail.
  while (!lines.some(({ message }) => message.includes('are not recorded'))) await sleep(50);
  await blocker.query('rollback');
  await blocker.end();
  for (const other of others) await recorded(other, 1);
  await apiKeys.close();

  // The lock is in the way of housekeeping as well, which has lines of its own.
  expect(lines.filter(({ message }) => message.includes('uses of keys'))).toEqual([
    { level: 'warn', message: 'api-keys: uses of keys are not recorded', error: expect.objectContaining({}) },
    {
      level: 'warn',
      message: 'api-keys: uses of keys are recorded again; 3 were lost',
      error: undefined,
    },
  ]);
});

it('P20: refusals that cannot be written for a while are logged when that begins and when it ends', async () => {
  const { lines, logger } = recordLines();
  const recorder = new AccessRecorder({ random: createRandomSource(), clock: { now: () => 1 }, logger });
  const { accessLog } = memoryStore();
  let isDown = true;
  const add: typeof accessLog.add = async (events) => {
    if (isDown) throw new Error('the disk stands still');
    await accessLog.add(events);
  };
  recorder.start({
    add,
    list: (query) => accessLog.list(query),
    findScanEnd: (...scan) => accessLog.findScanEnd(...scan),
    prune: (...args) => accessLog.prune(...args),
  });
  const note = (route: string): AccessNote => ({
    ...{ action: 'access.refused', code: 'invalid_token', keyId: null, ownerId: null, actor: null },
    ...{ address: null, method: 'GET', route, requestId: null },
  });
  // Ten windows, of which five fit.
  for (let window = 0; window < 10; window += 1) {
    for (let row = 0; row < rowsPerWindow; row += 1) recorder.note(note(`/${window}/${row}`));
    await recorder.flush();
  }
  isDown = false;
  await recorder.flush();
  await recorder.stop();
  expect(lines.map(({ message }) => message)).toEqual([
    'api-keys: rows of the access log are not written yet',
    expect.stringMatching(
      /^api-keys: the access log is written again; of \d+ rows only the number is known$/,
    ),
  ]);
  expect(Number(/\d+/.exec(lines[1]?.message ?? '')?.[0])).toBeGreaterThanOrEqual(5 * rowsPerWindow);
});

it('P20: starts that fail for a while, one each second, are logged once for each reason, and when one succeeds', async () => {
  const { lines, logger } = recordLines();
  const folder = await mkdtemp(join(tmpdir(), 'failed-starts-'));
  const place = join(folder, 'a file so far');
  await writeFile(place, '');
  const { apiKeys } = createInstance({ database: `file:${join(place, 'keys.sqlite')}`, logger });
  const app = express().use(apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'eve' }) }));
  const list = async (): Promise<number> => (await request(app).get('/keys')).status;
  // For so long, and until it is told of, which takes longer on a busy machine.
  const failFor = async (milliseconds: number, told: number): Promise<void> => {
    const until = performance.now() + milliseconds;
    const isTold = (): boolean => lines.filter(({ message }) => message.includes('not ready')).length >= told;
    for (; performance.now() < until || !isTold(); await sleep(100)) expect(await list()).toBe(503);
  };
  await failFor(5_000, 1);
  await rm(place);
  await mkdir(place);
  await writeFile(join(place, 'keys.sqlite'), 'no database '.repeat(1_000));
  await failFor(3_000, 2);
  await rm(join(place, 'keys.sqlite'));
  while ((await list()) !== 200) await sleep(100);
  await apiKeys.close();
  await rm(folder, { recursive: true });

  const notReady = {
    level: 'error',
    message: 'api-keys: not ready, and every request is answered with 503',
    error: expect.objectContaining({}),
  };
  expect(lines.filter(({ message }) => /\bready,/.test(message))).toEqual([
    notReady,
    notReady,
    { level: 'warn', message: 'api-keys: ready, and requests are answered', error: undefined },
  ]);
});

describe('P20: work that fails again after it worked', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const begins = (error: string): unknown[] => ['api-keys: it fails', new Error(error)];
  const ends = (lost: number): unknown[] => [`api-keys: it works; ${lost} lost`, undefined];

  /** `log`, and every line of it so far. */
  function openLog(): { readonly log: FailureLog; readonly written: () => unknown[] } {
    const { lines, logger } = recordLines();
    const log = new FailureLog(logger, { begins: 'it fails', ends: (lost) => `it works; ${lost} lost` });
    return { log, written: () => lines.map(({ message, error }) => [message, error]) };
  }

  it('is logged again', () => {
    const { log, written } = openLog();
    log.worked();
    for (const lost of [1, 2]) {
      log.failed(new Error('first'), lost);
      log.failed(new Error('second'), lost);
      log.worked();
      log.worked();
      jest.advanceTimersByTime(quietMs);
    }
    expect(written()).toEqual([begins('first'), ends(2), begins('first'), ends(4)]);
  });

  it('within the quiet time is logged once that is over and it still fails', () => {
    const { log, written } = openLog();
    log.failed(new Error('first'), 1);
    log.worked();
    for (let second = 0; second < 60; second += 1) {
      log.failed(new Error(`second ${second}`), 1);
      jest.advanceTimersByTime(1_000);
    }
    log.worked();
    expect(written()).toEqual([begins('first'), ends(1), begins('second 10'), ends(60)]);
  });

  it('and ends within the quiet time has what it lost in a line after that', () => {
    const { log, written } = openLog();
    log.failed(new Error('first'));
    log.worked();
    log.failed(new Error('second'), 3);
    log.worked();
    jest.advanceTimersByTime(quietMs - 1);
    log.worked();
    expect(written()).toEqual([begins('first'), ends(0)]);
    jest.advanceTimersByTime(1);
    log.worked();
    log.worked();
    expect(written()).toEqual([begins('first'), ends(0), ends(3)]);
  });

  it('a thousand times in a minute is no line for each', () => {
    const { log, written } = openLog();
    for (let count = 0; count < 1_000; count += 1) {
      log.failed(new Error('again'), 1);
      log.worked();
      jest.advanceTimersByTime(60);
    }
    expect(written().length).toBeLessThanOrEqual(12);
  });
});
