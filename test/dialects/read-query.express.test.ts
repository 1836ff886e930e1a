import { readQuery } from '../../lib/dialects/read-query.js';

const refused = (target: string): unknown => {
  try {
    return readQuery(target);
  } catch (error) {
    return (error as { problem?: string }).problem;
  }
};

describe('the query of a request to a dialect', () => {
  it.each([
    ['/a', {}],
    ['/a?', {}],
    ['/a?&&', {}],
    ['/a?b', { b: '' }],
    ['/a?b=1=2', { b: '1=2' }],
    ['/a?b=x+y%2Bz%C3%A9', { b: 'x y+zé' }],
    ['/a?b=1?c', { b: '1?c' }],
    ['/a?b[c]=1', { 'b[c]': '1' }],
    ['/a?constructor=1&toString=2', { constructor: '1', toString: '2' }],
  ])('%s is %j', (target, expected) => {
    expect({ ...readQuery(target) }).toEqual(expected);
  });

  it.each([
    'b=1&b=2',
    'b[]=1&b[]=2',
    'b[0]=1&b[1]=2',
    'b%5B0%5D=1&b%5B1%5D=2',
    'b[1]=2&b[0]=1',
    'b%5b%5d=1&b%5b%5d=2',
  ])('DB10 %s is a list', (query) => {
    expect({ ...readQuery(`/a?${query}`) }).toEqual({ b: ['1', '2'] });
  });

  it.each(['b[]=1', 'b[0]=1', 'b[7]=1'])('DB2 %s is a list of one', (query) => {
    expect({ ...readQuery(`/a?${query}`) }).toEqual({ b: ['1'] });
  });

  it('has no prototype', () => {
    const query = readQuery('/a?__proto__=1&__proto__[x]=2');
    expect(Object.getPrototypeOf(query)).toBeNull();
    expect(Object.entries(query)).toEqual([
      ['__proto__', '1'],
      ['__proto__[x]', '2'],
    ]);
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it.each([
    'b=%zz',
    'b=%C3',
    '%=1',
    'b=%00',
    '%00=b',
    'b=1&b[]=2',
    'b[0]=1&b[0]=2',
    Array.from({ length: 101 }, (_, index) => `b${index}=1`).join('&'),
  ])('%s is refused', (query) => {
    expect(refused(`/a?${query}`)).toBe('invalid_request');
  });

  it('is at most 32 KiB', () => {
    expect({ ...readQuery(`/a?b=${'x'.repeat(32_766)}`) }).toEqual({ b: 'x'.repeat(32_766) });
    expect(refused(`/a?b=${'x'.repeat(32_767)}`)).toBe('payload_too_large');
  });
});
