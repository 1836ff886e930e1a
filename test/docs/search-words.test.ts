import { pages, readDocument } from './markdown.js';
import { clicksFromReadme } from './site-map.js';

/** What readers search for, as they would write it. Each leads to a page by a heading or by the first sentence of the page. */
const searchWords = [
  'rate limits',
  'quotas',
  'plans',
  'brute-force protection',
  'idempotency',
  'expiration',
  'step-up (MFA)',
  'key format',
  'key rotation',
  'revocation',
  'consistency',
  'audit log',
  'security model',
  'organizations',
  'TypeScript',
  'nginx',
  'serverless',
  'Kubernetes',
  'PM2',
  'monitoring',
  'logging',
  'redaction',
  'backup and restore',
  'migration',
  'troubleshooting',
  'MCP server',
];

/** Headings under which readers expect a subject. */
const headings = [
  'Brute-force protection',
  'Idempotent requests',
  'Expiration and notices',
  'Revocation guarantees',
  'Compatibility routers',
  'Back up SQLite',
  'The authenticated caller',
  'Where keys are read',
  'Custom error responses',
];

/** The headings of a page, without blocks of code. */
function headingsOf(page: string): readonly string[] {
  const text = readDocument(page).replace(/^```[^]*?^```$/gm, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
}

/** The first sentence below the title. */
function firstSentenceOf(page: string): string {
  const paragraph = readDocument(page)
    .split(/\n{2,}/)
    .find((part) => /^[A-Z[`]/.test(part));
  return /^[^]*?[.:](?=\s|$)/.exec(paragraph ?? '')?.[0] ?? '';
}

function pagesFor(word: string): string[] {
  const wanted = word.toLowerCase();
  return pages.filter(
    (page) =>
      page !== 'docs/README.md' &&
      [...headingsOf(page), firstSentenceOf(page)].some((text) => text.toLowerCase().includes(wanted)),
  );
}

describe('what readers search for', () => {
  it('are 26 words', () => {
    expect(new Set(searchWords).size).toBe(26);
  });

  it.each(searchWords)('"%s" leads to a page, at most two clicks from the README', (word) => {
    const found = pagesFor(word);
    expect(found).not.toEqual([]);
    expect(Math.min(...found.map(clicksFromReadme))).toBeLessThanOrEqual(2);
  });

  it.each(headings)('the heading "%s" is there', (heading) => {
    expect(pages.filter((page) => headingsOf(page).includes(heading))).not.toEqual([]);
  });

  it('is searched for: a word that is nowhere is not found', () => {
    expect(pagesFor('turnstile')).toEqual([]);
  });
});
