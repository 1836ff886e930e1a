import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, documents, repository } from './markdown.js';

const exampleSources = join(repository, 'example-app', 'src');

/** Code that a reader could copy: every block, and the example app as a whole. */
const sources: readonly (readonly [string, string])[] = [
  ...documents
    .flatMap((document) => blocksOf(document))
    .filter(({ language }) => language === 'ts' || language === 'js')
    .map(({ document, line, text }) => [`${document}:${line}`, text] as const),
  [
    'example-app/src',
    readdirSync(exampleSources)
      .map((name) => readFileSync(join(exampleSources, name), 'utf8'))
      .join('\n'),
  ],
];

/** Whether code says who a request to the management router acts for, and that may be a customer. */
const isAboutCustomers = (text: string): boolean =>
  /\badminRouter\(|\bActor \| null\b/.test(text) && /kind: 'owner',\s+ownerId\b/.test(text);
const isBounded = (text: string): boolean => /\bgrants\b|\bplans\b/.test(text);

describe('actors in the documents and in the example app', () => {
  const ofCustomers = sources.filter(([, text]) => isAboutCustomers(text));

  it('are found where there are some', () => {
    expect(ofCustomers.length).toBeGreaterThanOrEqual(12);
    const unbounded = `const actorOf = (): Actor | null => ({ kind: 'owner', ownerId: 'alice' });`;
    expect([isAboutCustomers(unbounded), isBounded(unbounded)]).toEqual([true, false]);
  });

  it('that are customers have grants, or a plan', () => {
    expect(ofCustomers.filter(([, text]) => !isBounded(text)).map(([place]) => place)).toEqual([]);
  });
});
