import { readFileSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

export const repository: string = join(__dirname, '..', '..');

/** Every page below `docs/`, by its path from the top. */
export const pages: readonly string[] = readdirSync(join(repository, 'docs'), {
  recursive: true,
  encoding: 'utf8',
})
  .filter((path) => path.endsWith('.md'))
  .map((path) => `docs/${path.split(sep).join('/')}`)
  .sort();

/** The documents that are checked. */
export const documents: readonly string[] = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'example-app/README.md',
  ...pages,
];

/** One fenced block of a document. */
export interface Block {
  readonly document: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

export function readDocument(document: string): string {
  return readFileSync(join(repository, document), 'utf8');
}

/** Every fenced block of a document, in order. */
export function blocksOf(document: string): readonly Block[] {
  return blocksIn(readDocument(document), document);
}

/** Every fenced block in a text. */
export function blocksIn(text: string, document: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; lines: string[] } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    if (open === null) {
      const fence = /^```(.*)$/.exec(line);
      if (fence !== null) open = { line: index + 2, language: fence[1]?.trim() ?? '', lines: [] };
    } else if (line === '```') {
      blocks.push({ document, line: open.line, language: open.language, text: `${open.lines.join('\n')}\n` });
      open = null;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== null) throw new Error(`${document}:${open.line} is never closed`);
  return blocks;
}

/** The text below a heading, up to the next one of the same or a higher level. */
export function sectionOf(text: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const lines = text.split('\n');
  const start = lines.indexOf(heading);
  if (start === -1) throw new Error(`there is no heading "${heading}"`);
  const isEnd = (line: string): boolean => new RegExp(`^#{1,${level}} `).test(line);
  const length = lines.slice(start + 1).findIndex(isEnd);
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n');
}

/** The rows of the first table in a text, without its head; cells are trimmed. */
export function tableIn(text: string): ReadonlyArray<readonly string[]> {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  if (start === -1) throw new Error('there is no table');
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start + 2, length === -1 ? undefined : start + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in the first pair of backticks. */
export function codeIn(cell: string | undefined): string {
  const code = /`([^`]+)`/.exec(cell ?? '')?.[1];
  if (code === undefined) throw new Error(`there is no code in "${cell}"`);
  return code;
}

/** What GitHub makes of a heading: the part of an address behind `#`. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
