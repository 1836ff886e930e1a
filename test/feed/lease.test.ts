import { Lease } from '../../lib/feed/lease.js';
import { fixedClock } from '../../lib/testing/index.js';

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('Lease', () => {
  it('is not held before the first beat', () => {
    expect(new Lease(4_000, fixedClock(0)).isHeld()).toBe(false);
  });

  it('runs from the moment at which the beat was sent, not from its answer', async () => {
    for (let attempt = 0; ; attempt += 1) {
      const lease = new Lease(2_000, fixedClock(0));
      const [sent, sentAt] = [performance.now(), lease.moment()];
      await wait(600);
      lease.renew(sentAt);
      const isHeld = lease.isHeld();
      // On a machine that stood still, it is over.
      if (performance.now() - sent > 1_950 && attempt < 10) continue;
      expect(isHeld).toBe(true);
      // Counted from the answer it would still be valid.
      await wait(2_050 - (performance.now() - sent));
      expect(lease.isHeld()).toBe(false);
      break;
    }
  });

  it('ends by the wall clock, though the monotonic one stood still', () => {
    const clock = fixedClock(1_000_000);
    const lease = new Lease(4_000, clock);
    lease.renew(lease.moment());
    clock.advance(3_999);
    expect(lease.isHeld()).toBe(true);
    clock.advance(1);
    expect(lease.isHeld()).toBe(false);
  });

  it('ends by the monotonic clock, though the wall clock was set back', async () => {
    const clock = fixedClock(1_000_000);
    const lease = new Lease(500, clock);
    let isHeld = false;
    for (let attempt = 0; attempt < 10 && !isHeld; attempt += 1) {
      clock.set(1_000_000);
      lease.renew(lease.moment());
      clock.set(0);
      isHeld = lease.isHeld();
    }
    expect(isHeld).toBe(true);
    await wait(520);
    expect(lease.isHeld()).toBe(false);
  });

  it('can be given up', () => {
    const lease = new Lease(4_000, fixedClock(0));
    lease.renew(lease.moment());
    lease.end();
    expect(lease.isHeld()).toBe(false);
  });

  it('says how long ago its beat was sent, by the clock that says more, and nothing without one', async () => {
    const clock = fixedClock(1_000_000);
    const lease = new Lease(4_000, clock);
    expect(lease.ageMs()).toBeNull();
    lease.renew(lease.moment());
    await wait(60);
    expect(lease.ageMs()).toBeGreaterThanOrEqual(59);
    // Also after it has expired: so long nothing was read.
    clock.set(1_009_000);
    expect(lease.ageMs()).toBe(9_000);
    clock.set(0);
    expect(lease.ageMs()).toBeGreaterThanOrEqual(59);
    expect(lease.ageMs()).toBeLessThan(9_000);
    lease.end();
    expect(lease.ageMs()).toBeNull();
  });
});
