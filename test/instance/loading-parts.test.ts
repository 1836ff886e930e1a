import { memoizeSuccess } from '../../lib/domain/memoize-success.js';
import { LoadingParts } from '../../lib/instance/loading-parts.js';

describe('LoadingParts', () => {
  /** Loads a part, the first times in vain. */
  function createLoad(failures: number): { load: () => Promise<unknown>; count: () => number } {
    let calls = 0;
    const load = async (): Promise<string> => {
      calls += 1;
      await Promise.resolve();
      if (calls <= failures) throw new Error(`EMFILE ${calls}`);
      return 'loaded';
    };
    return { load: memoizeSuccess(load), count: () => calls };
  }

  it('begins to load a part when it is added, once', async () => {
    const parts = new LoadingParts();
    const { load, count } = createLoad(0);
    parts.add(load);
    expect(count()).toBe(1);
    await parts.wait();
    await parts.wait();
    expect(count()).toBe(1);
  });

  it('rejects while a part cannot be loaded, and tries again each time until it is', async () => {
    const parts = new LoadingParts();
    const { load, count } = createLoad(2);
    parts.add(createLoad(0).load);
    parts.add(load);
    await expect(parts.wait()).rejects.toThrow('EMFILE 1');
    await expect(parts.wait()).rejects.toThrow('EMFILE 2');
    await parts.wait();
    await parts.wait();
    expect(count()).toBe(3);
  });
});
