import { namedRows } from '../harness/test-titles.js';
import { requirements } from './requirements.js';

const named = namedRows('R', 'F', 'P');
const ids = Object.keys(requirements);

describe('the manifest of requirements', () => {
  it('has a test for each of them', () => {
    expect(ids.filter((id) => named.filesOf(id).length === 0)).toEqual([]);
  });

  it('knows every id that the title of a test begins with', () => {
    expect([...named.all].filter((id) => !(id in requirements))).toEqual([]);
  });

  it('says of each in one sentence of its own what must hold', () => {
    const sentences = Object.values(requirements);
    expect(sentences.filter((sentence) => !/^[A-Z`].{5,160}\.$/.test(sentence))).toEqual([]);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('lists the promises without a gap', () => {
    const promises = ids.filter((id) => id.startsWith('P'));
    expect(promises).toEqual(promises.map((_, index) => `P${index + 1}`));
  });
});
