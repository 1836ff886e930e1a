import { namedRows, rowNames } from '../harness/test-titles.js';

/** Every place where the documents of a system contradict themselves or are silent, and where something was decided. */
const rows = [
  ...rowNames('DD', 1, 12),
  ...rowNames('DB', 1, 19),
  ...rowNames('YA', 1, 16),
  ...rowNames('NB', 1, 10),
];

const named = namedRows('DD', 'DB', 'YA', 'NB');

describe('the rows of the contracts', () => {
  it.each(rows)('%s is the name of a test of its dialect', (row) => {
    expect(named.filesOf(row).filter((path) => path.startsWith('dialects/'))).not.toEqual([]);
  });

  it('are all that tests are named after', () => {
    expect([...named.all].filter((name) => !rows.includes(name))).toEqual([]);
  });
});
