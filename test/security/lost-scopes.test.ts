import { createInstance } from '../harness/instance.js';

const { apiKeys } = createInstance();
const requireApiKey = apiKeys.requireApiKey as unknown as (...args: readonly unknown[]) => unknown;

// `requireApiKey()` means any valid key: what got lost on the way must not become that.
describe('a guard whose scopes got lost', () => {
  afterAll(() => apiKeys.close());

  it.each<[string, readonly unknown[]]>([
    ['undefined', [undefined]],
    ['undefined, and options', [undefined, { cost: 1 }]],
    ['undefined twice', [undefined, undefined]],
    ['null', [null]],
    ['an empty string', ['']],
    ['an empty list', [[]]],
    ['an object without a name', [{}]],
    ['undefined for a method', [{ GET: undefined }]],
    ['a list of undefined', [{ all: [undefined] }]],
    ['options in place of scopes', [{ cost: 1 }]],
    ['false', [false]],
    ['a number', [0]],
  ])('throws at mount (%s)', (_what, args) => {
    expect(() => requireApiKey(...args)).toThrow(
      expect.objectContaining({ code: 'ERR_API_KEYS_INVALID_OPTION' }),
    );
  });

  it('says how any valid key is written', () => {
    const scopes: Readonly<Record<string, 'orders:read'>> = {};
    expect(() => requireApiKey(scopes['ordres'])).toThrow(
      'requireApiKey: expected a scope, { all: [scopes] } or { any: [scopes] }, got undefined. ' +
        'For any valid key, write requireApiKey() without an argument',
    );
  });
});
