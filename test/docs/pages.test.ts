import { pages, readDocument } from './markdown.js';
import { clicksFromReadme, linkedFrom } from './site-map.js';

/** Reference pages that have one row or one section for each of something. */
const tables = ['docs/reference/errors.md'];

describe('the pages of docs/', () => {
  it('are all in the table of contents', () => {
    const listed = linkedFrom('docs/README.md');
    expect(pages.filter((page) => page !== 'docs/README.md' && !listed.includes(page))).toEqual([]);
    expect(clicksFromReadme('docs/README.md')).toBe(1);
  });

  it('are all in llms.txt, once each, with what they are for', () => {
    const llms = readDocument('llms.txt');
    expect(llms).toMatch(/^# express-api-keys\n\n> .+\n/);
    const listed = [...llms.matchAll(/^- \[[^\]]+\]\(([^)]+)\): .+$/gm)].map(([, path]) => path);
    expect(listed.filter((path) => path?.startsWith('docs/')).sort()).toEqual(pages);
  });

  it('have one title each, and no two the same', () => {
    const titles = pages.map((page) => /^# (.+)\n/.exec(readDocument(page))?.[1]);
    expect(titles).not.toContain(undefined);
    expect(new Set(titles).size).toBe(pages.length);
  });

  it.each(pages.filter((page) => !tables.includes(page)))('%s is short enough to be read', (page) => {
    expect(readDocument(page).split('\n').length).toBeLessThanOrEqual(265);
  });
});
