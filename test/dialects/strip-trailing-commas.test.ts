import fc from 'fast-check';
import { stripTrailingCommas } from '../../lib/dialects/strip-trailing-commas.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

describe('a comma too many', () => {
  it.each([
    ['{"a":1,}', '{"a":1}'],
    ['{"a":1 , \n}', '{"a":1  \n}'],
    ['[1,[2,],]', '[1,[2]]'],
    ['{"a":",}",}', '{"a":",}"}'],
    [String.raw`{"a":"\",]",}`, String.raw`{"a":"\",]"}`],
  ])('NB1 is taken out of %s', (text, expected) => {
    expect(stripTrailingCommas(text)).toBe(expected);
    expect(() => JSON.parse(expected) as unknown).not.toThrow();
  });

  it.each(['[,]', '{,}', '[1,,]', '[,1]', '{"a":1,,}', '{"a":,}', ',', '{"a":",}'])(
    '%s stays what it is, no JSON',
    (text) => {
      expect(() => JSON.parse(stripTrailingCommas(text)) as unknown).toThrow();
    },
  );

  it('is not seen in any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(stripTrailingCommas(text)).toBe(text);
      }),
    );
  });

  it('is found in one pass', async () => {
    const startedAt = performance.now();
    stripTrailingCommas(`"${String.raw`\"`.repeat(200_000)}`);
    stripTrailingCommas(`[1${', '.repeat(200_000)}`);
    stripTrailingCommas(`[1,${' '.repeat(400_000)}`);
    await machine.expectWithin(5_000, performance.now() - startedAt);
  });
});
