import { RecentMap } from '../../lib/domain/two-generations.js';

describe('RecentMap', () => {
  const filled = (maxEntries: number, keys: readonly string[]): RecentMap<string> => {
    const map = new RecentMap<string>(maxEntries);
    for (const key of keys) map.set(key, `of ${key}`);
    return map;
  };

  it('never holds more than its bound, whatever is set', () => {
    const map = new RecentMap<number>(10);
    for (let n = 0; n < 1_000; n += 1) {
      map.set(`k${n % 37}`, n);
      map.get(`k${n % 5}`);
      expect(map.size).toBeLessThanOrEqual(10);
    }
  });

  it('keeps what was set last, and drops what was not used for two generations', () => {
    const map = filled(4, ['a', 'b', 'c', 'd', 'e']);
    expect(['a', 'b', 'c', 'd', 'e'].filter((key) => map.peek(key) !== undefined)).toEqual(['c', 'd', 'e']);
  });

  it('keeps what is got, and not what is only looked at', () => {
    const got = filled(4, ['a', 'b', 'c']);
    expect(got.get('a')).toBe('of a');
    got.set('d', 'of d');
    got.set('e', 'of e');
    expect(got.peek('a')).toBe('of a');

    const seen = filled(4, ['a', 'b', 'c']);
    expect(seen.peek('a')).toBe('of a');
    seen.set('d', 'of d');
    seen.set('e', 'of e');
    expect(seen.peek('a')).toBeUndefined();
  });

  it('gives the value that was set last, and none after it was deleted, in whichever generation it was', () => {
    const map = filled(4, ['a', 'b', 'c']);
    map.set('a', 'new');
    expect(map.get('a')).toBe('new');
    map.delete('a');
    expect(map.get('a')).toBeUndefined();
    map.set('b', 'new');
    map.delete('b');
    expect(map.peek('b')).toBeUndefined();
    map.clear();
    expect(map.size).toBe(0);
  });
});
