import { maxShownNames, listUnknownNames } from '../../lib/domain/list-unknown-names.js';

const known = ['name', 'scopes', 'expiresAt'];

describe('listUnknownNames', () => {
  it('says what was probably meant', () => {
    expect(listUnknownNames({ name: 1, nmae: 1 }, known)).toEqual([
      { name: 'nmae', message: "is not accepted here; did you mean 'name'?" },
    ]);
    expect(listUnknownNames({ other: 1 }, [])).toEqual([{ name: 'other', message: 'is not accepted here' }]);
  });

  it('P17: repeats a few short names, and counts all others', () => {
    const sent = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field_${index}`, 1]));
    const said = listUnknownNames({ ...sent, name: 1 }, known);
    expect(said).toHaveLength(maxShownNames + 1);
    expect(said.at(-1)).toEqual({ name: null, message: 'contains 490 unknown names' });
  });

  it.each(['n'.repeat(33), 'a b', '\ud800', '<b>', '1a', ''])('P17: does not repeat %j', (name) => {
    expect(listUnknownNames({ [name]: 1 }, known)).toEqual([
      { name: null, message: 'contains an unknown name' },
    ]);
  });

  it('takes names of prototypes for names', () => {
    const sent = JSON.parse('{"__proto__":1,"constructor":1,"toString":1}') as object;
    expect(listUnknownNames(sent, known).map(({ name }) => name)).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ]);
  });
});
