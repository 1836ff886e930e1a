import fc from 'fast-check';
import { getRetryDelay, maxAttempts } from '../../lib/events/retry-schedule.js';

const secondMs = 1000;
const hourMs = 3600 * secondMs;

describe('the schedule of attempts', () => {
  it('is the one that Standard Webhooks recommends', () => {
    const delays = Array.from({ length: maxAttempts }, (_, index) => getRetryDelay(index + 1, 0, 0));
    expect(delays.map((delay) => (delay === null ? null : delay / secondMs))).toEqual([
      ...[5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
      null,
    ]);
  });

  it('is spread by up to a fifth, and waits as long as the receiver wants, up to a day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: maxAttempts - 1 }),
        fc.integer({ min: 0, max: 100 * hourMs }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempts, retryAfterMs, share) => {
          const earliest = getRetryDelay(attempts, 0, 0) ?? 0;
          const delay = getRetryDelay(attempts, retryAfterMs, share) ?? 0;
          expect(delay).toBeGreaterThanOrEqual(Math.max(earliest, Math.min(retryAfterMs, 24 * hourMs)));
          expect(delay).toBeLessThanOrEqual(
            Math.max(earliest * 1.2 + 1, Math.min(retryAfterMs, 24 * hourMs)),
          );
        },
      ),
    );
  });
});
