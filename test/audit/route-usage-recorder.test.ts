import { maxWaitingRoutes, RouteUsageRecorder } from '../../lib/audit/route-usage-recorder.js';
import { dayMs } from '../../lib/domain/day-ms.js';
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

describe('counts of requests by route', () => {
  it('are added up by key, day, route and status, and written together', async () => {
    const { recorder, clock, usage, list } = createRecorder();
    recorder.start(usage);
    recorder.note('a', '/x', '2xx');
    recorder.note('a', '/x', '2xx');
    recorder.note('a', '/x', '4xx');
    recorder.note('b', '/x', 'aborted');
    clock.advance(dayMs);
    recorder.note('a', '/x', '2xx');
    await recorder.stop();
    expect([...list()].sort()).toEqual(['a 0 /x 2xx 2', 'a 0 /x 4xx 1', 'a 1 /x 2xx 1', 'b 0 /x aborted 1']);
  });

  it('have a bounded number of routes of each key and day, which fit into the primary key of a database', async () => {
    const { recorder, usage, written, list } = createRecorder();
    recorder.start(usage);
    recorder.note('a', `/${'x'.repeat(5_000)}`, '2xx');
    for (let index = 0; index < 5_000; index += 1) recorder.note('a', `/${index}`, '2xx');
    await recorder.stop();
    expect(written.length).toBe(101);
    expect(list()).toContain(`a 0 /${'x'.repeat(299)} 2xx 1`);
    expect(list()).toContain('a 0 other 2xx 4901');
  });

  it('wait for the database during an outage, within their bound, and what was lost is reported', async () => {
    const { recorder, usage, state, written, log } = createRecorder();
    recorder.start(usage);
    state.isDown = true;
    for (let index = 0; index < 3 * maxWaitingRoutes; index += 1) recorder.note(`key${index}`, '/x', '2xx');
    await recorder.flush();
    await recorder.flush();
    // Known already: it takes no room, unlike another route.
    recorder.note('key0', '/x', '2xx');
    recorder.note('key0', '/y', '2xx');
    state.isDown = false;
    await recorder.flush();
    const requests = written.reduce((sum, { count }) => sum + count, 0);
    expect(written.length).toBe(2 * maxWaitingRoutes);
    // What waits does not make every request try again.
    expect(state.attempts).toBe(4 * 20);
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
    for (const key of ['a', 'b']) recorder.note(key, '/x', '2xx');
    await recorder.flush();
    expect(list()).toEqual([]);
    void recorder.forgetKey('a');
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
    recorder.note('a', '/x', '2xx');
    const writing = recorder.flush();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    recorder.note('b', '/x', '2xx');
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
    for (const key of ['a', 'b']) recorder.note(key, '/x', '2xx');
    clock.advance(dayMs);
    for (const key of ['a', 'b']) recorder.note(key, '/x', '2xx');
    state.isDown = true;
    const writing = recorder.flush();
    await Promise.resolve();
    void recorder.forgetKey('a');
    await writing;
    state.isDown = false;
    await recorder.stop();
    expect([...list()].sort()).toEqual(['b 0 /x 2xx 1', 'b 1 /x 2xx 1']);
  });
});
