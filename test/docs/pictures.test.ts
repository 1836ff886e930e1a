import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documents, readDocument, repository } from './markdown.js';

const folder = join(repository, 'docs', 'pictures');
const names = readdirSync(folder).sort();
const screenshots = readdirSync(join(repository, 'docs', 'images')).sort();

describe('the pictures in docs/pictures', () => {
  const drawn = mkdtempSync(join(tmpdir(), 'express-api-keys-pictures-'));

  beforeAll(() => {
    const script = join(repository, 'test', 'docs', 'draw-pictures.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, drawn], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  });
  afterAll(() => rmSync(drawn, { recursive: true, force: true }));

  it('are what test/docs/draw-pictures.mjs draws', () => {
    expect(names).toEqual(readdirSync(drawn).sort());
    for (const name of names) {
      expect(readFileSync(join(folder, name), 'utf8')).toBe(readFileSync(join(drawn, name), 'utf8'));
    }
  });

  it.each(names)('%s is small, says what it shows, and has colors for light and for dark pages', (name) => {
    const svg = readFileSync(join(folder, name), 'utf8');
    expect(svg.length).toBeLessThan(15_000);
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>\n<desc id="desc">[^<]{100,}<\/desc>/);
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
  });

  it('are all shown on a page, with words in their place', () => {
    const shown = documents.flatMap((document) => [
      ...readDocument(document).matchAll(/!\[([^\]]*)\]\([^)]*pictures\/([\w-]+\.svg)\)/g),
    ]);
    expect(new Set(shown.map(([, , name]) => name))).toEqual(new Set(names));
    expect(shown.filter(([, words = '']) => words.length < 20)).toEqual([]);
  });
});

describe('the screenshots in docs/images', () => {
  it.each(screenshots)('%s is a small PNG with a palette', (name) => {
    const png = readFileSync(join(repository, 'docs', 'images', name));
    expect(png.length).toBeLessThan(60_000);
    expect([png.toString('latin1', 1, 4), png[24], png[25]]).toEqual(['PNG', 8, 3]);
  });

  it('are all shown on a page by an address, since the package does not contain them, with words in their place', () => {
    const shown = documents.flatMap((document) => [
      ...readDocument(document).matchAll(/!\[([^\]]*)\]\((\S*)images\/([\w-]+\.png)\)/g),
    ]);
    expect(new Set(shown.map(([, , , name]) => name))).toEqual(new Set(screenshots));
    expect(
      shown.filter(([, words = '', address]) => words.length < 20 || !address?.startsWith('https://')),
    ).toEqual([]);
  });
});
