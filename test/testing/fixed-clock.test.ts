import { fixedClock } from '../../lib/testing/index.js';

describe('fixedClock', () => {
  it('stands still until it is set or advanced', () => {
    const clock = fixedClock(1000);
    expect(clock.now()).toBe(1000);
    clock.advance(500);
    expect(clock.now()).toBe(1500);
    clock.set(new Date(9000));
    expect(clock.now()).toBe(9000);
  });

  it('begins at a date, or at one of its own', () => {
    expect(fixedClock(new Date(5)).now()).toBe(5);
    expect(fixedClock().now()).toBe(Date.UTC(2026, 0, 1));
  });
});
