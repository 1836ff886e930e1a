import { replaceMeasured } from './markdown-report.cjs';

const begin = '<!-- Written by `npm run bench -- --docs`: begin -->';

describe('the tables in the document', () => {
  it('replace the old ones and leave the text around them', () => {
    const document = `Before.\n\n${begin}\n\nold\n\n<!-- end -->\n\nBehind.\n`;
    expect(replaceMeasured(document, 'new $& table\n')).toBe(
      `Before.\n\n${begin}\n\nnew $& table\n\n<!-- end -->\n\nBehind.\n`,
    );
  });

  it('need marks', () => {
    expect(() => replaceMeasured('no marks', 'new')).toThrow('begin');
  });
});
