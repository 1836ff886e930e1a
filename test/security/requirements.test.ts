import { namedRows, rowNames } from '../harness/test-titles.js';

/** What must hold, by the names that the titles of tests begin with. */
const requirements = [...rowNames('R', 34, 41), 'R45', ...rowNames('R', 49, 63), ...rowNames('R', 67, 81)];

const named = namedRows('R');

describe('the manifest of requirements', () => {
  it.each(requirements)('%s is the name of a test', (requirement) => {
    expect(named.filesOf(requirement)).not.toEqual([]);
  });

  it('lists every requirement that a test is named after, within its ranges', () => {
    const inRange = [...named.all].filter((name) =>
      /^R(3[4-9]|4[015]|49|5\d|6[0-37-9]|7\d|8[01])$/.test(name),
    );
    expect(inRange.filter((name) => !requirements.includes(name))).toEqual([]);
  });
});
