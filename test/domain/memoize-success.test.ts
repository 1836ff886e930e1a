import { memoizeSuccess } from '../../lib/domain/memoize-success.js';

describe('memoizeSuccess', () => {
  it('calls the function again after a failure, and never after a success', async () => {
    let calls = 0;
    const load = memoizeSuccess(async () => {
      calls += 1;
      await Promise.resolve();
      if (calls === 1) throw new Error('EMFILE');
      return { calls };
    });
    const failed = await Promise.allSettled([load(), load()]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toBe(1);
    const [first, second] = await Promise.all([load(), load()]);
    expect(first).toEqual({ calls: 2 });
    expect([second, await load()]).toEqual([first, first]);
    expect(calls).toBe(2);
  });
});
