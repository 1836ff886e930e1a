import { MachineWatch } from '../harness/machine-watch.js';

function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

describe('the watch of the machine', () => {
  let watch: MachineWatch;
  afterEach(() => watch.stop());

  it('holds a busy loop against what runs in it', async () => {
    watch = await MachineWatch.start();
    block(500);
    await expect(watch.expectWithin(1, 500)).rejects.toThrow(
      /^It took 500 ms, which is over 1 ms: the machine/,
    );
    await watch.expectWithin(501, 500);
  });

  it('excuses what runs elsewhere by a busy loop of the test', async () => {
    watch = await MachineWatch.start({ countsOwnLoop: true });
    const from = performance.now();
    // A timer has to be late for it to be seen.
    await new Promise((resolve) => setTimeout(resolve, 50));
    block(500);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const slowness = await watch.slowness();
    expect(slowness.heldUpMs(from, performance.now())).toBeGreaterThan(400);
    expect(slowness.heldUpMs(from - 1_000, from - 500)).toBe(0);
  });

  it('sees the machine compute', async () => {
    watch = await MachineWatch.start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = performance.now();
    const factor = (await watch.slowness()).factor(now - 200, now);
    expect(factor).toBeGreaterThanOrEqual(1);
    expect(factor).toBeLessThan(1_000);
  });
});
