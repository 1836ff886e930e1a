import fc from 'fast-check';
import { VersionMemory } from '../../lib/feed/version-memory.js';

/** A memory that knows all changes from 1 to `last`, none of them of the key `a`. */
function memoryOf(last: number, capacity = 100): VersionMemory {
  const memory = new VersionMemory(capacity);
  memory.restart(0);
  for (let sequence = 1; sequence <= last; sequence += 1) {
    memory.remember(`other ${sequence}`, 1, sequence);
    memory.knowUpTo(sequence);
  }
  return memory;
}

describe('VersionMemory', () => {
  it('believes nothing before it knows anything', () => {
    expect(new VersionMemory(10).isCurrent('a', 1, 0)).toBe(false);
  });

  it('believes a copy that is complete up to a change that is known, if its key did not change since', () => {
    const memory = memoryOf(5);
    expect(memory.isCurrent('a', 3, 5)).toBe(true);
    expect(memory.isCurrent('a', 3, 0)).toBe(true);
  });

  it('does not believe an older version, whenever and by whomever it was written', () => {
    const memory = memoryOf(5);
    memory.remember('a', 4, 6);
    memory.knowUpTo(6);
    expect(memory.isCurrent('a', 3, 5)).toBe(false);
    expect(memory.isCurrent('a', 3, 6)).toBe(false);
    expect(memory.isCurrent('a', 4, 6)).toBe(true);
    expect(memory.isCurrent('a', 5, 6)).toBe(true);
  });

  it('does not believe a copy of a time that it cannot judge', () => {
    const memory = memoryOf(5);
    expect(memory.isCurrent('a', 3, 6)).toBe(false);
    memory.restart(10);
    expect(memory.isCurrent('a', 3, 9)).toBe(false);
    expect(memory.isCurrent('a', 3, 10)).toBe(true);
  });

  it('keeps the higher version when changes come in another order', () => {
    const memory = memoryOf(5);
    expect(memory.remember('a', 7, 9)).toBe(true);
    expect(memory.remember('a', 6, 8)).toBe(false);
    memory.knowUpTo(9);
    expect(memory.isCurrent('a', 6, 9)).toBe(false);
  });

  it('judges only what it still remembers when it is full', () => {
    const memory = memoryOf(3, 3);
    memory.remember('a', 2, 4);
    memory.knowUpTo(4);
    // Of change 1 nothing is known any more: it may have been of any key.
    expect(memory.isCurrent('b', 1, 0)).toBe(false);
    expect(memory.isCurrent('b', 1, 1)).toBe(true);
    expect(memory.isCurrent('a', 1, 4)).toBe(false);
  });

  it('never believes a copy that misses a change, whatever happened before', () => {
    const change = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), copyAt: fc.nat(40) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        (changes, capacity) => {
          const memory = new VersionMemory(capacity);
          memory.restart(0);
          const versions: Record<string, number>[] = [{}];
          changes.forEach(({ key }, index) => {
            const before = versions[index] ?? {};
            const version = (before[key] ?? 0) + 1;
            versions.push({ ...before, [key]: version });
            memory.remember(key, version, index + 1);
            memory.knowUpTo(index + 1);
          });
          const now = versions.at(-1) ?? {};
          // Every copy that was ever made, complete up to its own time.
          for (const [asOf, then] of versions.entries()) {
            for (const [key, version] of Object.entries(then)) {
              if (memory.isCurrent(key, version, asOf)) expect(version).toBe(now[key]);
            }
          }
        },
      ),
    );
  });
});
