import fc from 'fast-check';
import { listExceededBounds, isAtOrBelow, narrowToBounds } from '../../lib/domain/owner-ceilings.js';
import type { RateLimit } from '../../lib/domain/rate-limit.js';

const rateLimit: fc.Arbitrary<RateLimit> = fc.record({
  name: fc.constantFrom('minute', 'hour', 'day'),
  limit: fc.integer({ min: 1, max: 5 }),
  windowSeconds: fc.integer({ min: 1, max: 5 }),
});
const rateLimits = fc.uniqueArray(rateLimit, { selector: ({ name }) => name });

it('a window is at or below another with no more requests in no less time', () => {
  const bound = { name: 'minute', limit: 60, windowSeconds: 60 };
  expect(isAtOrBelow(bound, bound)).toBe(true);
  expect(isAtOrBelow({ ...bound, limit: 61 }, bound)).toBe(false);
  expect(isAtOrBelow({ ...bound, windowSeconds: 59 }, bound)).toBe(false);
  expect(isAtOrBelow({ name: 'hour', limit: 60, windowSeconds: 3600 }, bound)).toBe(true);
});

it('limits that were made to fit are within their bounds, and hold no name twice', () => {
  fc.assert(
    fc.property(rateLimits, rateLimits, (limits, bounds) => {
      const fitting = narrowToBounds(limits, bounds);
      expect(listExceededBounds(fitting, bounds)).toEqual([]);
      expect(new Set(fitting.map(({ name }) => name)).size).toBe(fitting.length);
    }),
  );
});

it('limits that fit are left as they are', () => {
  fc.assert(
    fc.property(rateLimits, (limits) => {
      expect(narrowToBounds(limits, limits)).toEqual(limits);
    }),
  );
});
