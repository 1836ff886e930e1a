import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anchorOf, documents, readDocument, repository } from './markdown.js';

const { homepage } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  homepage: string;
};
/** What the address of a file in the repository begins with. */
const address = homepage.replace(/#.*$/, '/');

const linksIn = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');

/** The file of the repository that a link in a document leads to; `null` when it leads elsewhere. */
function fileOf(document: string, path: string): string | null {
  if (path.startsWith(address)) return path.slice(address.length);
  if (/^(https?|mailto):/.test(path)) return null;
  return path === '' ? document : join(dirname(document), path);
}

function isBroken(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = fileOf(document, path);
  if (file === null) return false;
  if (!existsSync(join(repository, file))) return true;
  if (anchor === undefined) return false;
  const headings = [...readDocument(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading ?? '');
  return !headings.map(anchorOf).includes(anchor);
}

describe('links in the documents', () => {
  it.each(documents)('of %s lead somewhere', (document) => {
    expect(linksIn(readDocument(document)).filter((link) => isBroken(document, link))).toEqual([]);
  });

  it('are looked at: wrong ones are found', () => {
    const wrong = [
      '#no-such-heading',
      'no-such-file.md',
      `${address}no-such-file.md`,
      `${address}README.md#no`,
    ];
    expect(wrong.filter((link) => !isBroken('README.md', link))).toEqual([]);
  });

  it('of README.md are absolute, since npm shows it without the repository', () => {
    const relative = linksIn(readDocument('README.md')).filter((link) => !/^(https:|#)/.test(link));
    expect(relative).toEqual([]);
  });
});
