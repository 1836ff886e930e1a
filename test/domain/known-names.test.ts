import { adviceFor } from '../../lib/domain/known-names.js';

describe('adviceFor', () => {
  const known = ['orders:read', 'orders:write', 'name'];

  it.each([
    ['orders:raed', 'orders:read'],
    ['order:write', 'orders:write'],
    ['nmae', 'name'],
    ['Name', 'name'],
  ])('takes %s for %s', (unknown, meant) => {
    expect(adviceFor(unknown, known)).toBe(`did you mean '${meant}'?`);
  });

  it.each(['billing:export', 'x', ''])('lists what is known for %j', (unknown) => {
    expect(adviceFor(unknown, known)).toBe('known are orders:read, orders:write, name');
  });
});
