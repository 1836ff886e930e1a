import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { documents, readDocument, repository } from './markdown.js';

const { homepage } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  homepage: string;
};
/** What the address of a file in the repository begins with. */
const address = homepage.replace(/#.*$/, '/');

/** The documents that a document links to. */
export function linkedFrom(document: string): readonly string[] {
  const links = [...readDocument(document).matchAll(/\]\(([^)\s#]+)[^)\s]*\)/g)].map(([, link = '']) =>
    link.startsWith(address)
      ? link.slice(address.length)
      : posix.normalize(posix.join(dirname(document), link)),
  );
  return documents.filter((other) => links.includes(other));
}

/** Document -> how many links a reader follows from the README. */
function clicksToAll(): ReadonlyMap<string, number> {
  const clicks = new Map([['README.md', 0]]);
  for (const [document, count] of clicks) {
    for (const next of linkedFrom(document)) if (!clicks.has(next)) clicks.set(next, count + 1);
  }
  return clicks;
}

/** How many links a reader follows from the README to a document; infinitely many when no link leads there. */
export function clicksFromReadme(document: string): number {
  return clicksToAll().get(document) ?? Infinity;
}
