import { median, medianInterval, percentile } from './statistics.cjs';

describe('the median', () => {
  it.each([
    ['of one value', [7], 7],
    ['of an odd number of values', [9, 1, 5], 5],
    ['of an even number of values', [10, 1, 4, 2], 3],
    ['of numbers, not of texts', [100, 9, 20], 20],
  ])('%s', (_name, values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves the values as they were', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('of nothing does not exist', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0.001, 1],
  ])('of %d', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('of nothing does not exist', () => {
    expect(() => percentile([], 0.99)).toThrow(RangeError);
  });
});

describe('the interval of a median', () => {
  // As in tables of the sign test: which of n ordered values hold the median with at least 95 %.
  it.each([
    [5, 1, 5],
    [6, 1, 6],
    [9, 2, 8],
    [11, 2, 10],
    [12, 3, 10],
    [15, 4, 12],
    [20, 6, 15],
  ])('of %d values reaches from the %dth to the %dth', (count, from, to) => {
    const values = Array.from({ length: count }, (_, index) => index + 1).toReversed();
    expect(medianInterval(values)).toEqual([from, to]);
  });
});
