import fc from 'fast-check';
import { sortNewWindowsLast, isStillBound, isStillTight } from '../../lib/domain/kept-windows.js';
import type { RateLimit } from '../../lib/domain/rate-limit.js';

const minute = (limit: number, name = 'minute'): RateLimit => ({ name, limit, windowSeconds: 60 });
const hour = (limit: number): RateLimit => ({ name: 'hour', limit, windowSeconds: 3600 });

it('limits stay as tight when every window stays, with no more requests', () => {
  const before = [minute(5), hour(50)];
  expect(isStillTight(before, before)).toBe(true);
  expect(isStillTight(before, [hour(49), minute(1), minute(9, 'other')])).toBe(true);
  for (const after of [
    [],
    [minute(5)],
    [minute(6), hour(50)],
    [minute(5, 'renamed'), hour(50)],
    [{ ...minute(5), windowSeconds: 61 }, hour(50)],
    [{ ...minute(5), windowSeconds: 59 }, hour(50)],
  ]) {
    expect(isStillTight(before, after)).toBe(false);
  }
});

it('a bound keeps the first window that is at or below it, and lets the others go', () => {
  const bound = [minute(60)];
  expect(isStillBound([minute(60), hour(50)], [minute(60)], bound)).toBe(true);
  expect(isStillBound([minute(10), hour(50)], [minute(60)], bound)).toBe(true);
  expect(isStillBound([minute(100), hour(900)], [hour(1)], bound)).toBe(true);
  for (const after of [
    [],
    [hour(50)],
    [minute(61), hour(50)],
    [minute(60, 'renamed')],
    [{ ...minute(60), windowSeconds: 61 }],
  ]) {
    expect(isStillBound([minute(60), hour(50)], after, bound)).toBe(false);
  }
});

it('windows that are new, or have another length, come behind the others', () => {
  const before = [minute(5), hour(50)];
  expect(sortNewWindowsLast(before, [minute(9, 'new'), hour(40), minute(4)])).toEqual([
    minute(4),
    hour(40),
    minute(9, 'new'),
  ]);
  const longer = { ...minute(5), windowSeconds: 61 };
  expect(sortNewWindowsLast(before, [longer, hour(50)])).toEqual([hour(50), longer]);
});

const window: fc.Arbitrary<RateLimit> = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  limit: fc.integer({ min: 1, max: 3 }),
  windowSeconds: fc.integer({ min: 1, max: 2 }),
});
const windows = fc.uniqueArray(window, { selector: ({ name }) => name });

it('however often limits are changed, a window that has counted for as long as the bound holds is left', () => {
  fc.assert(
    fc.property(windows, fc.array(windows, { maxLength: 8 }), window, (first, changes, bound) => {
      const isHolder = ({ limit, windowSeconds }: RateLimit): boolean =>
        limit <= bound.limit && windowSeconds >= bound.windowSeconds;
      fc.pre(first.some(isHolder));
      let limits: readonly RateLimit[] = first;
      /** Windows that were never away and never had another length: their counters go back to the beginning. */
      let counting = new Set(first.map(({ name }) => name));
      for (const change of changes) {
        if (!isStillBound(limits, change, [bound])) continue;
        const next = sortNewWindowsLast(limits, change);
        const before = limits;
        counting = new Set(
          next
            .filter(
              ({ name, windowSeconds }) =>
                counting.has(name) &&
                before.some((each) => each.name === name && each.windowSeconds === windowSeconds),
            )
            .map(({ name }) => name),
        );
        limits = next;
        expect(limits.some((each) => counting.has(each.name) && isHolder(each))).toBe(true);
      }
    }),
  );
});
