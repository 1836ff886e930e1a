import { parseIfMatch } from '../../lib/admin/parse-if-match.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

describe('parseIfMatch', () => {
  it.each([
    [undefined, undefined],
    ['*', '*'],
    [' * ', '*'],
    ['"3"', [3]],
    ['"1", "2"\t,\t"3" ', [1, 2, 3]],
    [' , "1",, ', [1]],
    ['W/"1", "2"', [1, 2]],
    ['"3-gzip"', [3]],
    ['W/"3-gzip", "4;gzip", "5--gzip", "6-br", "7-zstd"', [3, 4, 5, 6, 7]],
    ['"3-", "3-x", "3gzip", "-gzip", "3-gzip-gzip", "03-gzip"', []],
    ['"01", "x", "", "-1"', []],
  ])('reads %j as %j', (header, expected) => {
    expect(parseIfMatch(header)).toEqual(expected);
  });

  it.each([
    '3',
    '"1" "2"',
    '"1',
    'w/"1"',
    'W/ "1"',
    '*, "1"',
    '"1", x',
    `"${'1'.repeat(600)}"`,
    ','.repeat(513),
  ])('refuses %j', (header) => {
    expect(() => parseIfMatch(header)).toThrow(
      expect.objectContaining({ code: 'ERR_API_KEYS_INVALID_REQUEST' }),
    );
  });

  it('takes as many tags as fit into 512 characters', () => {
    const header = Array.from({ length: 102 }, () => '"1"').join(', ');
    expect(header).toHaveLength(508);
    expect(parseIfMatch(header)).toHaveLength(102);
  });

  // CWE-1333: 16,000 blanks took 400 ms, 64,000 took six seconds.
  it.each([250, 500, 1_000, 4_000, 16_000, 64_000])('refuses %i blanks and an x at once', async (blanks) => {
    const start = performance.now();
    expect(() => parseIfMatch(`"1",${' '.repeat(blanks)}x`)).toThrow();
    await machine.expectWithin(100, performance.now() - start);
  });
});
