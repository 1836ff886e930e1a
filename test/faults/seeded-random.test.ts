import { seededRandom } from './seeded-random.js';

it('says the same for the same seed, and something else for another', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 20 }, () => random.between(0, 1_000));
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

it('reaches every number between its bounds, and none besides', () => {
  const random = seededRandom(1);
  const drawn = new Set(Array.from({ length: 500 }, () => random.between(3, 6)));
  expect([...drawn].toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6]);
  expect(random.pick(['only'])).toBe('only');
});
