import { maxRememberedErasures } from '../../lib/audit/erasure-marks.js';
import {
  maxWaitingRoutes,
  RouteUsageRecorder,
  type RequestBegun,
} from '../../lib/audit/route-usage-recorder.js';
import { dayMs } from '../../lib/domain/day-ms.js';
import type { Change } from '../../lib/domain/key-change.js';
import type { DailyRouteCount } from '../../lib/domain/route-usage.js';
import { fixedClock } from '../../lib/testing/index.js';

const day = Date.UTC(2026, 5, 1);

function createRecorder() {
  const clock = fixedClock(day);
  const log: string[] = [];
  const note = (message: string): void => void log.push(message);
  const recorder = new RouteUsageRecorder({ clock, logger: { warn: note, error: note } });
  const written: DailyRouteCount[] = [];
  const state = { isDown: false, attempts: 0 };
  const usage = {
    async addRoutes(counts: readonly DailyRouteCount[]): Promise<void> {
      state.attempts += 1;
      if (state.isDown) throw new Error('down');
      written.push(...counts);
    },
  };
  const list = (): readonly string[] =>
    written.map(
      ({ keyId, day: of, route, status, count }) =>
        `${keyId} ${(of - day) / dayMs} ${route} ${status} ${count}`,
    );
  return { recorder, clock, log, written, usage, state, list };
}

/** A request with a key of its own owner. */
const begin = (recorder: RouteUsageRecorder, keyId: string): RequestBegun => ({
  keyId,
  ownerId: `owner of ${keyId}`,
  mark: recorder.mark,
});

const erased = (keyId: string): Change => ({ keyId, keyVersion: 2, action: 'key.erased' });

const ownerErased = (keyId: string): Change => ({
  ...{ keyId: null, ownerId: `owner of ${keyId}`, ownerVersion: 1, action: 'owner.erased' },
});

describe('counts of requests by route', () => {
  it('are added up by key, day, route and status, and written together', async () => {
    const { recorder, clock, usage, list } = createRecorder();
    recorder.start(usage);
    recorder.note(begin(recorder, 'a'), '/x', '2xx');
    recorder.note(begin(recorder, 'a'), '/x', '2xx');
    recorder.note(begin(recorder, 'a'), '/x', '4xx');
    recorder.note(begin(recorder, 'b'), '/x', 'aborted');
    clock.advance(dayMs);
    recorder.note(begin(recorder, 'a'), '/x', '2xx');
    await recorder.stop();
    expect([...list()].sort()).toEqual(['a 0 /x 2xx 2', 'a 0 /x 4xx 1', 'a 1 /x 2xx 1', 'b 0 /x aborted 1']);
  });

  it('have a bounded number of routes of each key and day, which fit into the primary key of a database', async () => {
    const { recorder, usage, written, list } = createRecorder();
    recorder.start(usage);
    recorder.note(begin(recorder, 'a'), `/${'x'.repeat(5_000)}`, '2xx');
    for (let index = 0; index < 5_000; index += 1) recorder.note(begin(recorder, 'a'), `/${index}`, '2xx');
    await recorder.stop();
    expect(written.length).toBe(101);
    expect(list()).toContain(`a 0 /${'x'.repeat(299)} 2xx 1`);
    expect(list()).toContain('a 0 other 2xx 4901');
  });

  it('wait for the database during an outage, within their bound, and what was lost is reported', async () => {
    const { recorder, usage, state, written, log } = createRecorder();
    recorder.start(usage);
    state.isDown = true;
    for (let index = 0; index < 3 * maxWaitingRoutes; index += 1)
      recorder.note(begin(recorder, `key${index}`), '/x', '2xx');
    await recorder.flush();
    await recorder.flush();
    // Known already: it takes no room, unlike another route.
    recorder.note(begin(recorder, 'key0'), '/x', '2xx');
    recorder.note(begin(recorder, 'key0'), '/y', '2xx');
    state.isDown = false;
    await recorder.flush();
    const requests = written.reduce((sum, { count }) => sum + count, 0);
    expect(written.length).toBe(2 * maxWaitingRoutes);
    // What waits does not make every request try again.
    expect(state.attempts).toBe(4 * 100);
    expect(log).toEqual([
      'api-keys: usage by route is not written yet',
      `api-keys: usage by route is written again; ${3 * maxWaitingRoutes + 2 - requests} requests were not counted`,
    ]);
    await recorder.stop();
  });

  it('are not written, nor written again, while it is unknown what was erased', async () => {
    const { recorder, usage, list } = createRecorder();
    let hasLease = false;
    recorder.start(usage, () => (hasLease ? Promise.resolve() : Promise.reject(new Error('no lease'))));
    for (const key of ['a', 'b']) recorder.note(begin(recorder, key), '/x', '2xx');
    await recorder.flush();
    expect(list()).toEqual([]);
    void recorder.forget(erased('a'));
    hasLease = true;
    await recorder.flush();
    expect(list()).toEqual(['b 0 /x 2xx 1']);
  });

  it('of all keys are dropped when it is unknown whose data was erased, also where a write fails', async () => {
    const { recorder, usage, state, list } = createRecorder();
    let end = (): void => undefined;
    const slow = {
      async addRoutes(counts: readonly DailyRouteCount[]): Promise<void> {
        await new Promise<void>((resolve) => (end = resolve));
        await usage.addRoutes(counts);
      },
    };
    recorder.start(slow);
    recorder.note(begin(recorder, 'a'), '/x', '2xx');
    const writing = recorder.flush();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    recorder.note(begin(recorder, 'b'), '/x', '2xx');
    state.isDown = true;
    let hasEnded = false;
    const ended = recorder.forgetAll()?.then(() => (hasEnded = true));
    await Promise.resolve();
    expect([ended === undefined, hasEnded]).toEqual([false, false]);
    end();
    await writing;
    await ended;
    state.isDown = false;
    recorder.start(usage);
    await recorder.flush();
    expect(list()).toEqual([]);
  });

  it('are dropped, where they are not written yet, for a key whose data was erased', async () => {
    const { recorder, clock, usage, state, list } = createRecorder();
    recorder.start(usage);
    for (const key of ['a', 'b']) recorder.note(begin(recorder, key), '/x', '2xx');
    clock.advance(dayMs);
    for (const key of ['a', 'b']) recorder.note(begin(recorder, key), '/x', '2xx');
    state.isDown = true;
    const writing = recorder.flush();
    await Promise.resolve();
    void recorder.forget(erased('a'));
    await writing;
    state.isDown = false;
    await recorder.stop();
    expect([...list()].sort()).toEqual(['b 0 /x 2xx 1', 'b 1 /x 2xx 1']);
  });

  it('are not made of requests that were being answered when the data of their key or owner was erased', async () => {
    const { recorder, usage, list } = createRecorder();
    recorder.start(usage);
    const [ofKey, ofOwner, ofOther] = [begin(recorder, 'a'), begin(recorder, 'b'), begin(recorder, 'c')];
    void recorder.forget(erased('a'));
    void recorder.forget(ownerErased('b'));
    for (const each of [ofKey, ofOwner, ofOther]) recorder.note(each, '/account', '2xx');
    // An owner may come back.
    recorder.note(begin(recorder, 'b'), '/new', '2xx');
    await recorder.flush();
    // Also after a write, however long the answer takes, and however many were erased meanwhile.
    for (let index = 0; index <= maxRememberedErasures; index += 1)
      void recorder.forget(erased(`key${index}`));
    for (const each of [ofKey, ofOwner, ofOther]) recorder.note(each, '/stream', '2xx');
    recorder.note(begin(recorder, 'c'), '/last', '2xx');
    await recorder.stop();
    expect(list()).toEqual(['c 0 /account 2xx 1', 'b 0 /new 2xx 1', 'c 0 /last 2xx 1']);
  });

  it('of an owner are dropped with it, and waited for where they are being written', async () => {
    const { recorder, usage, list } = createRecorder();
    let end = (): void => undefined;
    recorder.start({
      async addRoutes(counts) {
        await new Promise<void>((resolve) => (end = resolve));
        await usage.addRoutes(counts);
      },
    });
    for (const key of ['a', 'b']) recorder.note(begin(recorder, key), '/x', '2xx');
    const writing = recorder.flush();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    recorder.note(begin(recorder, 'a'), '/waiting', '2xx');
    let hasEnded = false;
    const ended = recorder.forget(ownerErased('a'))?.then(() => (hasEnded = true));
    expect(recorder.forget(ownerErased('c'))).toBeNull();
    await Promise.resolve();
    expect([ended === undefined, hasEnded]).toEqual([false, false]);
    end();
    await Promise.all([writing, ended]);
    recorder.start(usage);
    await recorder.stop();
    expect(list()).toEqual(['a 0 /x 2xx 1', 'b 0 /x 2xx 1']);
  });

  it('are written in batches, before each of which the erasures up to then are known; the rest is kept', async () => {
    const { recorder, written } = createRecorder();
    const events: string[] = [];
    let hasLease = true;
    let afterFirst = (): void => undefined;
    recorder.start(
      {
        async addRoutes(counts) {
          events.push(`write ${counts.length}`);
          written.push(...counts);
          afterFirst();
        },
      },
      async () => {
        if (!hasLease) throw new Error('no lease');
        events.push('lease');
        if (events.length === 4) void recorder.forget(erased('key1500'));
      },
    );
    for (let index = 0; index < 2_000; index += 1) recorder.note(begin(recorder, `key${index}`), '/x', '2xx');
    events.push('begin');
    await recorder.flush();
    const batches = Array.from({ length: 10 }, (_, batch) => ['lease', `write ${batch === 7 ? 199 : 200}`]);
    expect(events).toEqual(['begin', ...batches.flat()]);
    expect(written.map(({ keyId }) => keyId)).not.toContain('key1500');

    written.length = 0;
    for (let index = 0; index < 2_000; index += 1) recorder.note(begin(recorder, `key${index}`), '/x', '2xx');
    afterFirst = () => (hasLease = false);
    await recorder.flush();
    expect(written.length).toBe(200);
    hasLease = true;
    afterFirst = () => undefined;
    void recorder.forget(erased('key1999'));
    await recorder.stop();
    expect(written.length).toBe(1_999);
  });
});

describe('a recorder that stops while the store does not answer', () => {
  it('does not wait for the deadline of each batch, and says how much was not written', async () => {
    const { recorder, log, usage, state } = createRecorder();
    recorder.start(usage);
    state.isDown = true;
    for (let each = 0; each < 1_000; each += 1) recorder.note(begin(recorder, `key${each}`), '/x', '2xx');
    await recorder.stop();
    expect(state.attempts).toBe(1);
    expect(log).toEqual(['api-keys: usage by route is not written yet']);
  });
});
