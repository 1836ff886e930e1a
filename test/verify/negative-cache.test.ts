import { NegativeCache } from '../../lib/verify/negative-cache.js';

describe('NegativeCache', () => {
  it('knows what was not there, until it is notified of a change', () => {
    const cache = new NegativeCache(100);
    cache.add('a');
    cache.add('b');
    expect([cache.has('a'), cache.has('b'), cache.has('c')]).toEqual([true, true, false]);
    cache.forget('a');
    expect([cache.has('a'), cache.has('b')]).toEqual([false, true]);
    cache.forgetAll();
    expect(cache.has('b')).toBe(false);
  });

  it('R32: stays small however many ids are made up', () => {
    const cache = new NegativeCache(10_000);
    // Strings of their own, as they come from requests.
    const ids = (index: number): string => `${index}`.padStart(16, '0');
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    for (let index = 0; index < 1_000_000; index += 1) cache.add(ids(index));
    let known = 0;
    for (let index = 0; index < 1_000_000; index += 1) known += cache.has(ids(index)) ? 1 : 0;
    expect(known).toBeLessThanOrEqual(10_000);
    expect(cache.has(ids(999_999))).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});
