import { memoize } from '../../lib/domain/memoize.js';

describe('a function that remembers its last answers', () => {
  it('answers as the function does, asking it once for each of the last questions', () => {
    const asked: number[] = [];
    const double = memoize((value: number) => {
      asked.push(value);
      return 2 * value;
    }, 2);
    expect([1, 1, 2, 1, 2].map(double)).toEqual([2, 2, 4, 2, 4]);
    expect(asked).toEqual([1, 2]);
    expect([3, 3, 1].map(double)).toEqual([6, 6, 2]);
    expect(asked).toEqual([1, 2, 3, 1]);
  });
});
