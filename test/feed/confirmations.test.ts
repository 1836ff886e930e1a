import { Confirmations } from '../../lib/feed/confirmations.js';
import { InstanceWatch } from '../../lib/feed/instance-watch.js';
import { memoryStore } from '../../lib/testing/index.js';
import type { ChangeFeed } from '../../lib/index.js';

const clock = { now: () => Date.now() };
const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

let feed: ChangeFeed;
let confirmations: Confirmations;

beforeEach(() => {
  ({ feed } = memoryStore());
  confirmations = new Confirmations(new InstanceWatch(feed, 'me'), clock, 4_000);
});

const join = (id: string, acked: number, leaseMs = 4_000): Promise<void> => feed.join({ id, acked, leaseMs });

describe('Confirmations', () => {
  it('are given at once where nobody else is listed', async () => {
    await join('me', 0);
    const started = performance.now();
    expect(await confirmations.confirm(7)).toBeNull();
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('wait for the last one', async () => {
    await join('one', 7);
    await join('two', 6);
    const confirmed = confirmations.confirm(7);
    expect(await Promise.race([confirmed, wait(100).then(() => 'waiting')])).toBe('waiting');
    await feed.beat('two', 7, 10);
    expect(await confirmed).toBeNull();
  });

  it('give up after a second, with the longest lease of those who are listed and a second more', async () => {
    await join('one', 7, 9_000);
    await join('two', 6, 2_000);
    const started = Date.now();
    const effectiveBy = (await confirmations.confirm(7)) ?? 0;
    expect(Date.now() - started).toBeGreaterThanOrEqual(990);
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(effectiveBy - Date.now()).toBeGreaterThan(9_000);
    expect(effectiveBy - Date.now()).toBeLessThanOrEqual(10_000);
  });

  it('give up after a second when the list is not answered at all', async () => {
    const silent = { look: () => new Promise<never>(() => undefined) };
    const started = Date.now();
    const effectiveBy = (await new Confirmations(silent, clock, 4_000).confirm(1)) ?? 0;
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(effectiveBy).toBeGreaterThan(Date.now() + 4_000);
  });

  it('share one look at the list, and none uses one that was read before it came', async () => {
    let looks = 0;
    let release: () => void = () => undefined;
    const slow = {
      look: async () => {
        looks += 1;
        // The first look sees a list of before the second change.
        if (looks === 1) await new Promise<void>((resolve) => (release = resolve));
        return [{ id: 'one', beat: 1, acked: looks === 1 ? 9 : 1, leaseMs: 4_000 }];
      },
    };
    const own = new Confirmations(slow, clock, 4_000);
    const first = own.confirm(1);
    await wait(5);
    const late = own.confirm(9);
    release();
    expect(await first).toBeNull();
    // What the first look has seen would have been enough, but it was begun too early.
    expect(await late).not.toBeNull();
    expect(looks).toBeGreaterThan(1);
  });
});

describe('InstanceWatch', () => {
  it('removes who has stood still for longer than its lease and a second, on its own clock, and nobody else', async () => {
    await join('dead', 0, 100);
    await join('alive', 0, 100);
    const watch = new InstanceWatch(feed, 'me');
    const listed = async (): Promise<string[]> => (await watch.look()).map(({ id }) => id).sort();
    const started = performance.now();
    while (performance.now() - started < 1_050) {
      expect(await listed()).toEqual(['alive', 'dead']);
      await feed.beat('alive', 0, 10);
      await wait(40);
    }
    await wait(100);
    await feed.beat('alive', 0, 10);
    expect(await listed()).toEqual(['alive']);
    expect((await feed.beat('dead', 0, 10)).isListed).toBe(false);
  });
});
