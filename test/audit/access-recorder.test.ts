import {
  AccessRecorder,
  accessWindowMs,
  rowsPerWindow,
  type AccessNote,
} from '../../lib/audit/access-recorder.js';
import type { AccessEntry } from '../../lib/domain/access-entry.js';
import type { AccessLog } from '../../lib/ports/access-log.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';

const someone: AccessNote = {
  action: 'access.refused',
  code: 'invalid_token',
  keyId: null,
  ownerId: null,
  actor: null,
  address: '192.0.2.1',
  method: 'GET',
  route: '/orders',
  requestId: 'first',
};

function createRecorder(log: AccessLog | null = memoryStore().accessLog) {
  const clock = fixedClock();
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message), error: () => undefined };
  const recorder = new AccessRecorder({ random: createRandomSource(), clock, logger });
  if (log !== null) recorder.start(log);
  const rows = async (): Promise<readonly AccessEntry[]> => {
    await recorder.flush();
    return (await log?.list({ limit: 10_000 })) ?? [];
  };
  return { recorder, clock, warnings, rows };
}

const erased = (ownerId: string) =>
  ({ keyId: null, ownerId, ownerVersion: 1, action: 'owner.erased' }) as const;

const countIn = (rows: readonly AccessEntry[]): number => rows.reduce((sum, { count }) => sum + count, 0);

/** A log with preset behaviour, in place of a database that is away. */
function switchedLog(): AccessLog & { isAway: boolean; readonly added: AccessEntry[] } {
  const added: AccessEntry[] = [];
  return {
    isAway: true,
    added,
    async add(events) {
      if (this.isAway) throw new Error('away');
      added.push(...events);
    },
    list: async () => added,
    findScanEnd: async () => null,
    prune: async () => 0,
  };
}

describe('the recorder of refused requests', () => {
  it('R71 writes one row for requests that were alike, with their number and the first and last time', async () => {
    const { recorder, clock, rows } = createRecorder();
    recorder.note(someone);
    clock.advance(1000);
    recorder.note({ ...someone, requestId: 'second' });
    clock.advance(1000);
    recorder.note({ ...someone, requestId: 'third' });
    const [row, ...more] = await rows();
    expect(more).toEqual([]);
    expect(row).toEqual({
      ...someone,
      id: expect.stringMatching(/^[0-9A-Za-z]{16}$/) as string,
      ...{ at: clock.now() - 2000, lastAt: clock.now(), count: 3 },
    });
  });

  it.each<[string, Partial<AccessNote>, number]>([
    ['another code', { code: 'key_revoked' }, 2],
    ['another action', { action: 'access.deprecated_secret' }, 2],
    ['another key', { keyId: 'key0000000000001' }, 2],
    ['another owner', { ownerId: 'bob' }, 2],
    ['another caller', { actor: { kind: 'owner', id: 'bob' } }, 2],
    ['another route', { route: '/users' }, 2],
    ['another method', { method: 'POST' }, 2],
    ['another IPv4 address', { address: '192.0.2.2' }, 2],
    ['no address', { address: null }, 2],
    ['another id of the request', { requestId: 'second' }, 1],
  ])('tells requests apart by %s', async (_name, change, count) => {
    const { recorder, rows } = createRecorder();
    recorder.note(someone);
    recorder.note({ ...someone, ...change });
    expect(await rows()).toHaveLength(count);
  });

  it('takes the addresses of one IPv6 network for one', async () => {
    const { recorder, rows } = createRecorder();
    for (let host = 1; host <= 300; host += 1) {
      recorder.note({ ...someone, address: `2001:db8:0:1::${host.toString(16)}` });
    }
    recorder.note({ ...someone, address: '2001:db8:0:2::1' });
    expect((await rows()).map(({ count }) => count).sort()).toEqual([1, 300]);
  });

  it('R71 has a fixed number of rows in a window, and the number of the rest', async () => {
    const { recorder, rows } = createRecorder();
    for (let index = 0; index < 5000; index += 1) recorder.note({ ...someone, keyId: `key${index}` });
    const written = await rows();
    expect(written).toHaveLength(rowsPerWindow + 1);
    expect(countIn(written)).toBe(5000);
    const overflow = written.filter(({ action }) => action === 'access.overflow');
    expect(overflow.map(({ count, keyId, code }) => ({ count, keyId, code }))).toEqual([
      { count: 5000 - rowsPerWindow, keyId: null, code: null },
    ]);
  });

  it('gathers what comes before there is a database', async () => {
    const { recorder } = createRecorder(null);
    recorder.note(someone);
    await recorder.flush();
    const { accessLog } = memoryStore();
    recorder.start(accessLog);
    await recorder.flush();
    expect(await accessLog.list({ limit: 9 })).toHaveLength(1);
  });

  it('keeps a bounded number of rows while the database is away, loses no count, and reports it', async () => {
    const log = switchedLog();
    const { recorder, warnings } = createRecorder(log);
    for (let window = 0; window < 20; window += 1) {
      for (let index = 0; index < 300; index += 1) {
        recorder.note({ ...someone, keyId: `key${window} ${index}` });
      }
      await recorder.flush();
    }
    expect(warnings).toHaveLength(1);
    log.isAway = false;
    await recorder.flush();
    expect(warnings).toHaveLength(2);
    expect(countIn(log.added)).toBe(6000);
    expect(log.added.length).toBeLessThanOrEqual(1001);
    await recorder.flush();
    expect(countIn(log.added)).toBe(6000);
  });

  it('writes a backlog in batches, before each of which the erasures up to then are known; the rest is kept', async () => {
    const events: string[] = [];
    const log = switchedLog();
    log.isAway = false;
    const add = log.add.bind(log);
    log.add = async (rows) => {
      events.push(`write ${rows.length}`);
      await add(rows);
    };
    const { recorder } = createRecorder(null);
    for (let window = 0; window < 3; window += 1) {
      for (let index = 0; index < rowsPerWindow; index += 1) {
        recorder.note({ ...someone, ownerId: `${window} ${index % 20}`, keyId: `key${index}` });
      }
      await recorder.flush();
    }
    let leases = 0;
    recorder.start(log, async () => {
      leases += 1;
      events.push('lease');
      if (leases === 2) void recorder.forget(erased('2 7'));
      if (leases === 3) throw new Error('no lease');
    });
    await recorder.flush();
    expect(events).toEqual(['lease', 'write 200', 'lease', 'write 200', 'lease']);
    await recorder.stop();
    expect(events.slice(5)).toEqual(['lease', 'write 190']);
    expect(new Set(log.added.map(({ id }) => id)).size).toBe(590);
    expect(log.added.filter(({ ownerId }) => ownerId === '2 7')).toEqual([]);
  });

  it('drops what unknown callers did with keys when an owner is erased, again as well: whose keys they are is not known', async () => {
    const { recorder, rows } = createRecorder();
    const unknown = { ...someone, ownerId: null, actor: null };
    const admin = { kind: 'admin', id: 'olga' } as const;
    recorder.note({ ...unknown, keyId: 'of-alice' });
    recorder.note({ ...unknown, keyId: null });
    recorder.note({ ...unknown, keyId: 'of-alice', actor: admin });
    void recorder.forget(erased('alice'));
    const kept = (await rows()).map(({ keyId, actor }) => [keyId, actor]);
    // They were noted in one millisecond, and have no order.
    expect(kept).toHaveLength(2);
    expect(kept).toEqual(
      expect.arrayContaining([
        ['of-alice', admin],
        [null, null],
      ]),
    );
  });

  it('writes when the window is over, without anybody asking', async () => {
    jest.useFakeTimers();
    try {
      const log = switchedLog();
      log.isAway = false;
      const { recorder } = createRecorder(log);
      recorder.note(someone);
      await jest.advanceTimersByTimeAsync(accessWindowMs - 1);
      expect(log.added).toHaveLength(0);
      await jest.advanceTimersByTimeAsync(1);
      expect(log.added).toHaveLength(1);
      log.isAway = true;
      recorder.note(someone);
      await jest.advanceTimersByTimeAsync(accessWindowMs);
      log.isAway = false;
      // No request comes any more; what could not be written is tried again all the same.
      await jest.advanceTimersByTimeAsync(accessWindowMs);
      expect(log.added).toHaveLength(2);
    } finally {
      jest.useRealTimers();
    }
  });

  it('removes rows that are too old, in steps, and not after every window', async () => {
    const store = memoryStore();
    const { recorder, clock, rows } = createRecorder(store.accessLog);
    const prune = jest.spyOn(store.accessLog, 'prune');
    recorder.note(someone);
    await recorder.flush();
    clock.advance(89 * 24 * 60 * 60 * 1000);
    recorder.note(someone);
    expect(await rows()).toHaveLength(2);
    expect(prune).toHaveBeenCalledTimes(1);
    const later = createRecorder(store.accessLog);
    later.clock.set(clock.now() + 2 * 24 * 60 * 60 * 1000);
    later.recorder.note(someone);
    expect(await later.rows()).toHaveLength(2);
  });

  it('writes what is left when it stops, and nothing afterwards', async () => {
    const { recorder, rows } = createRecorder();
    recorder.note(someone);
    await recorder.stop();
    recorder.note(someone);
    expect(await rows()).toHaveLength(1);
  });
});
