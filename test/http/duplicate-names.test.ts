import fc from 'fast-check';
import { hasDuplicateNames } from '../../lib/http/duplicate-names.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

describe('hasDuplicateNames', () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{ "a" : 1 , "a"\n:\t2 }',
    '{"a":{"b":1,"b":2}}',
    '[{"a":1},{"b":[{"c":1,"c":1}]}]',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
    '{"a\\"":1,"a\\"":2}',
  ])('finds them in %s', (json) => {
    expect(hasDuplicateNames(json)).toBe(true);
  });

  it.each([
    '{}',
    '[]',
    '"a"',
    '{"a":1,"A":2}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    '{"a":"{\\"b\\":1,\\"b\\":2}"}',
    '{"a":"\\\\","b":["a","a"]}',
    '{"a":"]}[{","b":1}',
  ])('finds none in %s', (json) => {
    expect(hasDuplicateNames(json)).toBe(false);
  });

  it('finds none in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(hasDuplicateNames(JSON.stringify(value))).toBe(false);
      }),
    );
  });

  it('finds the one that was added to a large text, in linear time', async () => {
    const members = (count: number) =>
      Array.from({ length: count }, (_, index) => `"n${index}":"${'\\"'.repeat(9)}"`);
    const started = performance.now();
    expect(hasDuplicateNames(`{${members(20_000).join(',')}}`)).toBe(false);
    expect(hasDuplicateNames(`{${[...members(20_000), '"n0":1'].join(',')}}`)).toBe(true);
    expect(hasDuplicateNames(`{"a":"${'\\\\'.repeat(500_000)}"}`)).toBe(false);
    await machine.expectWithin(1_000, performance.now() - started);
  });
});
