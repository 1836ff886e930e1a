import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { badInputs, classesOf, classesPerBlock, type BadInputBlock } from './bad-input-manifest.js';

describe('the manifest of bad inputs', () => {
  const blocks = Object.keys(classesPerBlock) as BadInputBlock[];

  it('lists 156 classes, each once and numbered without gaps', () => {
    expect(badInputs).toHaveLength(156);
    for (const block of blocks) {
      const count = classesPerBlock[block];
      const ids = Array.from({ length: count }, (_, index) => `${block}${index + 1}`);
      expect(classesOf(block).map(({ id }) => id)).toEqual(ids);
    }
  });

  it('expects no 5xx of any class', () => {
    for (const { expected } of badInputs) {
      expect(expected.status.filter((status) => status >= 500)).toEqual([]);
    }
  });

  it('has a test file for every block, which compares what ran with what is listed', () => {
    const files = readdirSync(__dirname).filter((name) => /^bad-input-.*\.test\.ts$/.test(name));
    const run = files.flatMap((name) => {
      const source = readFileSync(join(__dirname, name), 'utf8');
      return [...source.matchAll(/runBadInputs\('([A-Z])', cases\)/g)].map(([, block]) => block);
    });
    expect(run.toSorted()).toEqual(blocks.toSorted());
  });
});
