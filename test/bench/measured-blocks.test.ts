import { readFileSync } from 'node:fs';
import { replaceMeasured } from './measured-blocks.cjs';

const begin = (part: string) => `<!-- Written by \`npm run bench -- --docs\`, ${part}: begin -->`;

describe('the figures in a document', () => {
  it('replace the old ones of their part and leave the text around them', () => {
    const other = `${begin('in process')}\n\nother\n\n<!-- end -->`;
    const document = `Before.\n\n${other}\n\n${begin('over HTTP')}\n\nold\n\n<!-- end -->\n\nBehind.\n`;
    expect(replaceMeasured(document, 'over HTTP', '\n\nnew $& table\n\n')).toBe(
      `Before.\n\n${other}\n\n${begin('over HTTP')}\n\nnew $& table\n\n<!-- end -->\n\nBehind.\n`,
    );
  });

  it('need marks', () => {
    expect(() => replaceMeasured('no marks', 'in process', 'new')).toThrow('begin');
  });

  it.each([
    ['docs/about/benchmarks.md', 'in process'],
    ['docs/about/benchmarks.md', 'over HTTP'],
    ['README.md', 'in process, in one sentence'],
    ['docs/production/scale.md', 'many processes'],
    ['docs/about/benchmarks.md', 'loading'],
  ] as const)('have a place in %s: %s', (file, part) => {
    expect(replaceMeasured(readFileSync(file, 'utf8'), part, 'new figures')).toContain('new figures');
  });
});
