import fc from 'fast-check';
import type { FeedChange, FeedPosition } from '../../lib/store/index.js';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import { RecentVersions } from '../../lib/feed/recent-versions.js';

const at = (sequence: number): FeedPosition => ({
  sequence,
  hash: sequence === 0 ? startOfFeed.hash : `${sequence}`.padStart(64, 'a'),
});

const changeAt = (sequence: number, keyId = `other ${sequence}`, keyVersion = 1): FeedChange => ({
  ...{ keyId, keyVersion, action: 'key.updated' },
  ...at(sequence),
});

/** A memory that knows all changes from 1 to `last`, none of them of the key `a`. */
function memoryOf(last: number, capacity = 100): RecentVersions {
  const memory = new RecentVersions(capacity);
  memory.restart(Array.from({ length: last }, (_, index) => changeAt(index + 1)));
  return memory;
}

describe('RecentVersions', () => {
  it('believes nothing before it knows anything', () => {
    expect(new RecentVersions(10).isCurrent('a', 1, at(0))).toBe(false);
  });

  it('believes a copy that is complete up to a change that is known, if its key did not change since', () => {
    const memory = memoryOf(5);
    expect(memory.isCurrent('a', 3, at(5))).toBe(true);
    expect(memory.isCurrent('a', 3, at(0))).toBe(true);
  });

  it('does not believe an older version, whenever and by whomever it was written', () => {
    const memory = memoryOf(5);
    memory.remember('a', 4, 6);
    memory.completeUpTo(at(6));
    expect(memory.isCurrent('a', 3, at(5))).toBe(false);
    expect(memory.isCurrent('a', 3, at(6))).toBe(false);
    expect(memory.isCurrent('a', 4, at(6))).toBe(true);
    expect(memory.isCurrent('a', 5, at(6))).toBe(true);
  });

  it('does not believe a copy of a time that it cannot judge', () => {
    const memory = memoryOf(5);
    expect(memory.isCurrent('a', 3, at(6))).toBe(false);
    memory.restart([changeAt(10)]);
    expect(memory.isCurrent('a', 3, at(8))).toBe(false);
    expect(memory.isCurrent('a', 3, at(10))).toBe(true);
  });

  it('keeps the higher version when changes come in another order', () => {
    const memory = memoryOf(5);
    memory.remember('a', 7, 9);
    memory.remember('a', 6, 8);
    memory.completeUpTo(at(9));
    expect(memory.isCurrent('a', 6, at(9))).toBe(false);
  });

  it('judges only what it still remembers when it is full', () => {
    const memory = memoryOf(3, 3);
    memory.remember('a', 2, 4);
    memory.completeUpTo(at(4));
    // Of change 1 nothing is known any more: it may have been of any key.
    expect(memory.isCurrent('b', 1, at(0))).toBe(false);
    expect(memory.isCurrent('b', 1, at(1))).toBe(true);
    expect(memory.isCurrent('a', 1, at(4))).toBe(false);
  });

  it('does not believe a copy of a history that was lost, whatever its number and version', () => {
    const memory = memoryOf(5);
    expect(memory.isCurrent('a', 9, { ...at(5), hash: 'b'.repeat(64) })).toBe(false);
    // Caches keep the first characters of a hash only.
    expect(memory.isCurrent('a', 9, { ...at(5), hash: at(5).hash.slice(0, 16) })).toBe(true);
    expect(memory.isCurrent('a', 9, { ...at(5), hash: '' })).toBe(false);
  });

  it('never believes a copy that misses a change, whatever happened before', () => {
    const change = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), copyAt: fc.nat(40) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        (changes, capacity) => {
          const memory = new RecentVersions(capacity);
          memory.restart([]);
          const versions: Record<string, number>[] = [{}];
          changes.forEach(({ key }, index) => {
            const before = versions[index] ?? {};
            const version = (before[key] ?? 0) + 1;
            versions.push({ ...before, [key]: version });
            memory.remember(key, version, index + 1);
            memory.completeUpTo(at(index + 1));
          });
          const now = versions.at(-1) ?? {};
          // Every copy that was ever made, complete up to its own time.
          for (const [asOf, then] of versions.entries()) {
            for (const [key, version] of Object.entries(then)) {
              if (memory.isCurrent(key, version, at(asOf))) expect(version).toBe(now[key]);
            }
          }
        },
      ),
    );
  });
});
