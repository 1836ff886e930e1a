import { formatTable } from '../../lib/cli/format-table.js';

describe('a table', () => {
  it('has as many rows as there are', () => {
    const rows = Array.from({ length: 300_000 }, (_, index) => [index, 'x']);
    const lines = formatTable(['NUMBER', 'NAME'], rows).split('\n');
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([300_001, 'NUMBER  NAME', '299999  x']);
  });
});
