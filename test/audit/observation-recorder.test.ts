import { maxWaitingCounts, ObservationRecorder } from '../../lib/audit/observation-recorder.js';
import type { ObservationLog } from '../../lib/ports/observation-log.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';

const request = { method: 'GET', route: '/orders', code: 'missing_credential', keyId: null, ownerId: null };

const erasedAlice = { keyId: null, ownerId: 'alice', ownerVersion: 1, action: 'owner.erased' } as const;

function createRecorder() {
  const clock = fixedClock(Date.UTC(2026, 5, 1));
  const log: string[] = [];
  const note = (message: string): void => void log.push(message);
  const recorder = new ObservationRecorder({ clock, logger: { warn: note, error: note } });
  const { observations } = memoryStore();
  const list = async (): Promise<readonly string[]> =>
    (await observations.list({ limit: 5_000 })).map(({ route, code, count }) => `${route} ${code} ${count}`);
  return { recorder, clock, log, observations, list };
}

describe('counts of observed requests', () => {
  it('are bounded: beyond the bound, only the number of requests is known', async () => {
    const { recorder, observations, list } = createRecorder();
    recorder.start(observations);
    for (let index = 0; index < maxWaitingCounts + 5; index += 1) {
      recorder.note({ ...request, route: `/${index}` });
      recorder.note({ ...request, route: `/${index}` });
    }
    recorder.note({ ...request, route: `/${'x'.repeat(500)}` });
    await recorder.stop();
    const listed = await list();
    expect(listed.length).toBe(maxWaitingCounts + 1);
    expect(listed).toContain('/0 missing_credential 2');
    expect(listed[0]).toBe(' overflow 11');
  });

  it('have routes that fit into the primary key of a database', async () => {
    const { recorder, observations, list } = createRecorder();
    recorder.start(observations);
    recorder.note({ ...request, route: `/${'x'.repeat(5_000)}` });
    await recorder.stop();
    expect(await list()).toEqual([`/${'x'.repeat(299)} missing_credential 1`]);
  });

  it('wait for the database during an outage, within their bound, and are not lost', async () => {
    const { recorder, log, observations, list } = createRecorder();
    let isDown = true;
    const failing: ObservationLog = {
      ...{ list: (query) => observations.list(query), prune: (...range) => observations.prune(...range) },
      add: (counts) => (isDown ? Promise.reject(new Error('down')) : observations.add(counts)),
    };
    recorder.start(failing);
    recorder.note(request);
    await recorder.flush();
    recorder.note(request);
    await recorder.flush();
    expect(await list()).toEqual([]);
    isDown = false;
    await recorder.flush();
    await recorder.stop();
    expect(await list()).toEqual(['/orders missing_credential 2']);
    expect(log).toEqual([
      'api-keys: observed requests are not written yet',
      'api-keys: observed requests are written again; some may be counted twice',
    ]);
  });

  it('are written in batches, before each of which the erasures up to then are known; only the rest is written again', async () => {
    const { recorder, log, observations, list } = createRecorder();
    const events: string[] = [];
    let leases = 0;
    recorder.start(
      {
        ...{ list: (query) => observations.list(query), prune: (...range) => observations.prune(...range) },
        add: async (counts) => {
          events.push(`write ${counts.length}`);
          await observations.add(counts);
        },
      },
      async () => {
        leases += 1;
        events.push('lease');
        if (leases === 2) void recorder.forget(erasedAlice);
        if (leases === 3) throw new Error('no lease');
      },
    );
    for (let index = 0; index < 600; index += 1) {
      recorder.note({ ...request, route: `/${index}`, keyId: 'k', ownerId: index === 500 ? 'alice' : 'bob' });
    }
    await recorder.flush();
    expect(events).toEqual(['lease', 'write 200', 'lease', 'write 200', 'lease']);
    await recorder.stop();
    expect(events.slice(5)).toEqual(['lease', 'write 199']);
    const listed = await list();
    expect(listed.length).toBe(599);
    expect(listed.filter((each) => !each.endsWith(' 1'))).toEqual([]);
    expect(listed).not.toContain('/500 missing_credential 1');
    expect(log).toHaveLength(2);
  });

  it('are kept until the recorder is started, and forgotten with their owner', async () => {
    const { recorder, observations, list } = createRecorder();
    recorder.note(request);
    recorder.note({ ...request, keyId: 'k', ownerId: 'alice' });
    await recorder.flush();
    void recorder.forget(erasedAlice);
    recorder.start(observations);
    await recorder.stop();
    expect(await list()).toEqual(['/orders missing_credential 1']);
  });

  it('do not come back when their owner is erased, or all are removed, while writing them fails', async () => {
    for (const isErasure of [true, false]) {
      const { recorder, observations, list } = createRecorder();
      let fail = (_: Error): void => undefined;
      let isFirst = true;
      const add: ObservationLog['add'] = async (counts) => {
        if (!isFirst) return observations.add(counts);
        isFirst = false;
        await new Promise((_, reject) => (fail = reject));
      };
      recorder.start({
        ...{ list: (query) => observations.list(query), prune: (...range) => observations.prune(...range) },
        add,
      });
      recorder.note({ ...request, keyId: 'k', ownerId: 'alice' });
      const flushed = recorder.flush();
      await new Promise(setImmediate);
      const ended = isErasure ? recorder.forget(erasedAlice) : recorder.clear();
      expect(ended).not.toBe(null);
      fail(new Error('away'));
      await Promise.all([ended, flushed]);
      await recorder.stop();
      expect(await list()).toEqual([]);
    }
  });

  it('are removed after 30 days', async () => {
    const { recorder, clock, observations, list } = createRecorder();
    recorder.start(observations);
    recorder.note(request);
    await recorder.stop();
    clock.advance(31 * 24 * 60 * 60 * 1000);
    const next = new ObservationRecorder({
      clock,
      logger: { warn: () => undefined, error: () => undefined },
    });
    next.start(observations);
    next.note({ ...request, route: '/new' });
    await next.flush();
    await next.stop();
    expect(await list()).toEqual(['/new missing_credential 1']);
  });
});
