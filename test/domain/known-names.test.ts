import { suggestNames } from '../../lib/domain/known-names.js';

describe('suggestNames', () => {
  const known = ['orders:read', 'orders:write', 'name'];

  it.each([
    ['orders:raed', 'orders:read'],
    ['order:write', 'orders:write'],
    ['nmae', 'name'],
    ['Name', 'name'],
  ])('takes %s for %s', (unknown, meant) => {
    expect(suggestNames(unknown, known)).toBe(`did you mean '${meant}'?`);
  });

  it.each(['billing:export', 'x', ''])('lists what is known for %j', (unknown) => {
    expect(suggestNames(unknown, known)).toBe('known are orders:read, orders:write, name');
  });
});
