import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { requirements } from '../security/requirements.js';
import { readDocument, repository } from './markdown.js';

const readme = readDocument('README.md');
const sources = readdirSync(join(repository, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
  .map((path) => readFileSync(join(repository, 'test', path), 'utf8'))
  .join('\n');

describe('README.md', () => {
  it('is short: everything else has a page', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(250);
  });

  it('names requirements that exist, and have tests, where its figures come from', () => {
    const ids = [...readme.matchAll(/`([RFP]\d+)`/g)].map(([, id = '']) => id);
    expect(ids.length).toBeGreaterThan(5);
    expect(ids.filter((id) => !Object.hasOwn(requirements, id))).toEqual([]);
    expect(ids.filter((id) => !new RegExp(`['"\`(\\s/]${id}\\b`).test(sources))).toEqual([]);
  });

  it('counts the faults that are tested', () => {
    const [, count] = /(\d+) kinds of faults/.exec(readme) ?? [];
    expect(Number(count)).toBe(Object.keys(requirements).filter((id) => id.startsWith('F')).length);
  });
});
