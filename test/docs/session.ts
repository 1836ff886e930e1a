import { spawnSync } from 'node:child_process';
import { repository, type Block } from './markdown.js';

/** What one block of commands printed. */
export interface Printed {
  readonly block: Block;
  readonly output: string;
  /** What is shown behind it in the document; `null` when nothing is. */
  readonly expected: Block | null;
}

const endMark = '--- end of block ---';

/**
 * Runs blocks of commands in one bash session, as a reader would who pastes one after the other.
 *
 * @param document - every block of a document; what follows a block of commands is its expected output
 * @param isRun - which of them are commands to run
 * @param preparation - lines that were pasted before
 * @param replacements - text in the document -> text of this run
 * @param folder - where the session begins
 */
export function runSession(
  document: readonly Block[],
  isRun: (block: Block) => boolean,
  preparation: string,
  replacements: Readonly<Record<string, string>> = {},
  folder: string = repository,
): readonly Printed[] {
  const blocks = document.filter(isRun);
  const marked = blocks.map(({ text }) => `${replaced(text, replacements)}printf '\\n%s\\n' '${endMark}'\n`);
  const { stdout } = spawnSync('bash', ['-s'], {
    input: `exec 2>&1\n${preparation}\nprintf '\\n%s\\n' '${endMark}'\n${marked.join('')}`,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
    cwd: folder,
  });
  const [, ...outputs] = stdout.split(`\n${endMark}\n`);
  return blocks.map((block, index) => {
    const next = document[document.indexOf(block) + 1];
    const expected = next?.language === 'text' || next?.language === 'json' ? next : null;
    return { block, output: outputs[index] ?? '', expected };
  });
}

function replaced(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((rest, [from, to]) => rest.replaceAll(from, to), text);
}

/** Whether an output is what a document shows, where `…` stands for anything. Lines and members must be the same ones. */
export function isAsShown(output: string, expected: Block | null): boolean {
  if (expected === null) return output.trim() === '';
  if (expected.language === 'text') return matchesText(output.trim(), expected.text.trim());
  return matchesJson(JSON.parse(output) as unknown, JSON.parse(expected.text) as unknown);
}

function matchesText(text: string, shown: string): boolean {
  const pattern = shown
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.+');
  return new RegExp(`^${pattern}$`).test(text);
}

function matchesJson(value: unknown, shown: unknown): boolean {
  if (typeof shown === 'string') return typeof value === 'string' && matchesText(value, shown);
  if (typeof shown !== 'object' || shown === null) return value === shown;
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(shown))
    return false;
  const names = Object.keys(shown);
  return (
    names.join() === Object.keys(value).join() &&
    names.every((name) => matchesJson(Reflect.get(value, name), Reflect.get(shown, name)))
  );
}
