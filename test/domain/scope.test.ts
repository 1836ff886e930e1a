import fc from 'fast-check';
import { covers, isScope, isWildcard } from '../../lib/domain/scope.js';
import { createScopeCatalogue } from '../../lib/domain/scope-catalogue.js';

describe('isScope', () => {
  it.each(['orders:read', 'orders:items:read', 'a:b', 'block_trade:read_write', 'v1.orders:read'])(
    'takes %s',
    (scope) => {
      expect(isScope(scope)).toBe(true);
    },
  );

  it.each([
    '',
    'orders',
    'orders:',
    ':read',
    'Orders:read',
    'orders:*',
    '*',
    'orders read',
    'orders:read ',
    'örders:read',
    'orders::read',
    '__proto__',
    `a:${'b'.repeat(64)}`,
  ])('refuses %j', (scope) => {
    expect(isScope(scope)).toBe(false);
  });
});

describe('isWildcard', () => {
  it.each(['*', 'orders:*', 'orders:items:*'])('takes %s', (scope) => {
    expect(isWildcard(scope)).toBe(true);
  });

  it.each(['', 'orders', 'orders*', '*:read', 'orders:*:read', '**', 'orders:**'])('refuses %j', (scope) => {
    expect(isWildcard(scope)).toBe(false);
  });
});

describe('covers', () => {
  it.each([
    ['orders:read', 'orders:read'],
    ['orders:*', 'orders:read'],
    ['orders:*', 'orders:items:read'],
    ['orders:*', 'orders:*'],
    ['orders:*', 'orders:items:*'],
    ['*', 'orders:read'],
    ['*', '*'],
  ])('%s is enough for %s', (granted, required) => {
    expect(covers(granted, required)).toBe(true);
  });

  it.each([
    ['orders:read', 'orders:readwrite'],
    ['orders:readwrite', 'orders:read'],
    ['orders:*', 'ordersx:read'],
    ['orders:*', '*'],
    ['orders:items:*', 'orders:read'],
    ['orders:items:*', 'orders:*'],
    ['orders:read', 'Orders:read'],
    ['orders:read', 'orders:*'],
  ])('%s is not enough for %s', (granted, required) => {
    expect(covers(granted, required)).toBe(false);
  });

  it('R60 compares exactly, for 100,000 pairs: names of prototypes are names like any other', () => {
    const part = fc.constantFrom(
      'read',
      'Read',
      'readwrite',
      'read_write',
      'orders',
      '__proto__',
      'constructor',
      '*',
    );
    const scope = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(':'));
    fc.assert(
      fc.property(scope, scope, (granted, required) => {
        const [of, sought] = [granted.split(':'), required.split(':')];
        const isWide = of.at(-1) === '*';
        const head = isWide ? of.slice(0, -1) : of;
        const begins = head.every((each, index) => each === sought[index]);
        const isEnough = isWide
          ? begins && (of.length <= sought.length || of.length === 1)
          : begins && of.length === sought.length;
        expect([granted, required, covers(granted, required)]).toEqual([granted, required, isEnough]);
      }),
      { numRuns: 100_000, endOnFailure: true },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  }, 180_000);

  it('is transitive: a key never passes on more than it holds', () => {
    const scope = fc.constantFrom('*', 'a:*', 'a:b:*', 'a:b', 'a:b:c', 'b:a', 'ab:c', 'a:bc');
    fc.assert(
      fc.property(scope, scope, scope, (a, b, c) => {
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true);
      }),
    );
  });
});

describe('createScopeCatalogue', () => {
  const catalogue = createScopeCatalogue({ 'orders:read': '', 'orders:write': '', 'users:read': '' });

  it('lets keys hold its scopes and wildcards that cover one of them, and nothing else', () => {
    for (const scope of ['orders:read', 'orders:*', '*']) expect(catalogue.isGrantable(scope)).toBe(true);
    for (const scope of ['orders:delete', 'billing:*', '', '__proto__', 'constructor']) {
      expect(catalogue.isGrantable(scope)).toBe(false);
    }
  });

  it('expands wildcards', () => {
    expect([...catalogue.expand(['orders:*'])]).toEqual(['orders:read', 'orders:write']);
    expect([...catalogue.expand([])]).toEqual([]);
  });

  it.each([[{}], [{ orders: '' }], [{ 'orders:*': '' }], [{ 'Orders:read': '' }]])('refuses %j', (scopes) => {
    expect(() => createScopeCatalogue(scopes)).toThrow(TypeError);
  });
});
