import fc from 'fast-check';
import type { FeedChange, FeedPosition } from '../../lib/store/index.js';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import { RecentVersions } from '../../lib/feed/recent-versions.js';
import { copyOf } from './dated-copy.js';

const at = (sequence: number): FeedPosition => ({
  sequence,
  hash: sequence === 0 ? startOfFeed.hash : `${sequence}`.padStart(64, 'a'),
});

const changeAt = (sequence: number, keyId = `other ${sequence}`, keyVersion = 1): FeedChange => ({
  ...{ keyId, keyVersion, action: 'key.updated' },
  ...at(sequence),
});

/** Versions that knows all changes from 1 to `last`, none of them of the key `a`. */
function versionsOf(last: number, capacity = 100): RecentVersions {
  const versions = new RecentVersions(capacity);
  versions.restart(Array.from({ length: last }, (_, index) => changeAt(index + 1)));
  return versions;
}

const changeOf = (keyId: string, keyVersion: number) => ({
  keyId,
  keyVersion,
  action: 'key.updated' as const,
});

describe('RecentVersions', () => {
  it('believes nothing before it knows anything', () => {
    expect(new RecentVersions(10).isCurrent(copyOf('a', 1), at(0))).toBe(false);
  });

  it('believes a copy that is complete up to a change that is known, if its key did not change since', () => {
    const versions = versionsOf(5);
    expect(versions.isCurrent(copyOf('a', 3), at(5))).toBe(true);
    expect(versions.isCurrent(copyOf('a', 3), at(0))).toBe(true);
  });

  it('does not believe an older version, whenever and by whomever it was written', () => {
    const versions = versionsOf(5);
    versions.record(changeOf('a', 4), 6);
    versions.completeUpTo(at(6));
    expect(versions.isCurrent(copyOf('a', 3), at(5))).toBe(false);
    expect(versions.isCurrent(copyOf('a', 3), at(6))).toBe(false);
    expect(versions.isCurrent(copyOf('a', 4), at(6))).toBe(true);
    expect(versions.isCurrent(copyOf('a', 5), at(6))).toBe(true);
  });

  it('does not believe a copy of a time that it cannot judge', () => {
    const versions = versionsOf(5);
    expect(versions.isCurrent(copyOf('a', 3), at(6))).toBe(false);
    versions.restart([changeAt(10)]);
    expect(versions.isCurrent(copyOf('a', 3), at(8))).toBe(false);
    expect(versions.isCurrent(copyOf('a', 3), at(10))).toBe(true);
  });

  it('tells a key that was removed from one that is missing', () => {
    const versions = versionsOf(5);
    versions.record(changeOf('a', 4), 6);
    expect(versions.wasRemoved('a')).toBe(false);
    versions.record({ ...changeOf('a', 5), action: 'key.removed' }, 7);
    versions.record(changeOf('a', 4), 6);
    expect([versions.wasRemoved('a'), versions.wasRemoved('b')]).toEqual([true, false]);
    expect(versions.isCurrent(copyOf('a', 4), at(5))).toBe(false);
  });

  it('keeps the higher version when changes come in another order', () => {
    const versions = versionsOf(5);
    versions.record(changeOf('a', 7), 9);
    versions.record(changeOf('a', 6), 8);
    versions.completeUpTo(at(9));
    expect(versions.isCurrent(copyOf('a', 6), at(9))).toBe(false);
  });

  it('judges only what it still remembers when it is full', () => {
    const versions = versionsOf(3, 3);
    versions.record(changeOf('a', 2), 4);
    versions.completeUpTo(at(4));
    // Of change 1 nothing is known any more: it may have been of any key.
    expect(versions.isCurrent(copyOf('b', 1), at(0))).toBe(false);
    expect(versions.isCurrent(copyOf('b', 1), at(1))).toBe(true);
    expect(versions.isCurrent(copyOf('a', 1), at(4))).toBe(false);
  });

  it('does not believe a copy of a history that was lost, whatever its number and version', () => {
    const versions = versionsOf(5);
    expect(versions.isCurrent(copyOf('a', 9), { ...at(5), hash: 'b'.repeat(64) })).toBe(false);
    // Caches keep the first characters of a hash only.
    expect(versions.isCurrent(copyOf('a', 9), { ...at(5), hash: at(5).hash.slice(0, 16) })).toBe(true);
    expect(versions.isCurrent(copyOf('a', 9), { ...at(5), hash: '' })).toBe(false);
  });

  it('never believes a copy that misses a change, whatever happened before', () => {
    const change = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), copyAt: fc.nat(40) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        (changes, capacity) => {
          const versions = new RecentVersions(capacity);
          versions.restart([]);
          const states: Record<string, number>[] = [{}];
          changes.forEach(({ key }, index) => {
            const before = states[index] ?? {};
            const version = (before[key] ?? 0) + 1;
            states.push({ ...before, [key]: version });
            versions.record(changeOf(key, version), index + 1);
            versions.completeUpTo(at(index + 1));
          });
          const now = states.at(-1) ?? {};
          // Every copy that was ever made, complete up to its own time.
          for (const [asOf, then] of states.entries()) {
            for (const [key, version] of Object.entries(then)) {
              if (versions.isCurrent(copyOf(key, version), at(asOf))) expect(version).toBe(now[key]);
            }
          }
        },
      ),
    );
  });

  it('does not trust a copy that was built on an older version of a key above it', () => {
    const versions = new RecentVersions(10);
    versions.restart([]);
    const above = { id: 'above', version: 1 } as never;
    const copy = { ...copyOf('below', 1), ancestors: [above] };
    const asOf = { sequence: 0, hash: '0'.repeat(64) };
    expect(versions.isCurrent(copy, asOf)).toBe(true);
    versions.record({ keyId: 'above', keyVersion: 2, action: 'key.revoked' }, 1);
    expect(versions.isCurrent(copy, asOf)).toBe(false);
    const newer = { id: 'above', version: 2 } as never;
    expect(versions.isCurrent({ ...copy, ancestors: [newer] }, asOf)).toBe(true);
  });
});
