import pg from 'pg';
import { AccessRecorder, rowsPerWindow } from '../../lib/audit/access-recorder.js';
import { ObservationRecorder } from '../../lib/audit/observation-recorder.js';
import { RouteUsageRecorder } from '../../lib/audit/route-usage-recorder.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import {
  createSampleAccess,
  createSampleKey,
  createSampleObserved,
  createSampleUse,
  sampleTime,
} from '../../lib/store/sample-keys.js';
import { UseRecorder } from '../../lib/verify/record-use.js';
import { makeOwnDatabase } from '../harness/own-database.js';

jest.setTimeout(180_000);

const quiet = { warn: () => undefined, error: () => undefined };
const clock = { now: () => Date.now() };
/** What waits after some windows without the database. */
const backlog = 1_000;
const ids = Array.from({ length: backlog }, (_, index) => `key${String(index).padStart(13, '0')}`);
const deadlineMs = 3_000;
/** Of one statement, for 100 rows: the backlog takes longer than the deadline, some of it much less. */
const statementMs = 400;

/** A recorder that has the backlog, and what it writes in. */
interface Written {
  readonly table: string;
  /** How many rows are stored of the backlog: none where the keys do not exist, which takes as long. */
  readonly stored: number;
  /** Writes the whole backlog as one. */
  readonly writeAtOnce: (store: KeyStore) => Promise<void>;
  /** Starts the recorder, and writes what it has. */
  readonly write: (store: KeyStore, logger: Logger) => Promise<void>;
}

interface Logger {
  readonly warn: (message: string) => void;
  readonly error: (message: string) => void;
}

const kinds: Readonly<Record<string, Written>> = {
  'the access log': {
    table: 'access_events',
    stored: backlog,
    writeAtOnce: ({ accessLog }) => accessLog.add(ids.map((id) => createSampleAccess({ id }))),
    async write({ accessLog }, logger) {
      const recorder = new AccessRecorder({ random: createRandomSource(), clock, logger });
      for (const [index, keyId] of ids.entries()) {
        if (index % rowsPerWindow === 0) await recorder.flush();
        const { id: _, at: __, lastAt: ___, count: ____, ...note } = createSampleAccess({ keyId });
        recorder.note(note);
      }
      recorder.start(accessLog);
      await recorder.stop();
    },
  },
  'observed requests': {
    table: 'observed_refusals',
    stored: backlog,
    writeAtOnce: ({ observations }) => observations.add(ids.map((id) => createSampleObserved({ route: id }))),
    async write({ observations }, logger) {
      const recorder = new ObservationRecorder({ clock, logger });
      for (const id of ids) recorder.note(createSampleObserved({ route: id }));
      recorder.start(observations);
      await recorder.stop();
    },
  },
  'usage by route': {
    table: 'key_routes',
    stored: 0,
    writeAtOnce: ({ usage }) =>
      usage.addRoutes(
        ids.map((keyId) => ({ keyId, day: sampleTime, route: '/', status: '2xx', count: 1 }) as const),
      ),
    async write({ usage }, logger) {
      const recorder = new RouteUsageRecorder({ clock, logger });
      for (const keyId of ids) recorder.note({ keyId, ownerId: 'owner-1', mark: recorder.mark }, '/', '2xx');
      recorder.start(usage);
      await recorder.stop();
    },
  },
  'uses of keys': {
    table: 'key_uses',
    stored: 0,
    writeAtOnce: (store) => store.recordUse(ids.map((keyId) => createSampleUse({ keyId }))),
    async write(store, logger) {
      const recorder = new UseRecorder(store, logger);
      for (const id of ids)
        recorder.record(recorder.counterFor(createSampleKey({ id })), sampleTime, () => null);
      await recorder.close();
    },
  },
};

it.each(Object.entries(kinds))(
  'a backlog is written some at a time, so that slow statements do not stop it: %s, on PostgreSQL',
  async (_name, { table, stored, writeAtOnce, write }) => {
    const database = await makeOwnDatabase('PostgreSQL');
    const store = postgresStore({ connection: database.url, deadlineMs, logger: quiet });
    const client = new pg.Client({ connectionString: database.url });
    try {
      await store.open();
      await client.connect();
      await client.query(`
        create function slow_down() returns trigger language plpgsql as $$
          begin perform pg_sleep(${statementMs / 1000}); return null; end $$;
        create trigger slowness before insert on api_keys.${table} execute function slow_down()`);
      await expect(writeAtOnce(store)).rejects.toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
      const warnings: string[] = [];
      await write(store, { ...quiet, warn: (message) => void warnings.push(message) });
      expect(warnings).toEqual([]);
      const { rows } = await client.query(`select count(*) from api_keys.${table}`);
      expect(Number(rows[0]?.count)).toBe(stored);
    } finally {
      await client.end();
      await store.close();
      await database.remove();
    }
  },
);
