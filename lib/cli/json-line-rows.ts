import { hasDuplicateNames } from '../http/duplicate-names.js';
import { CommandError } from './command-error.js';
import type { SourceRow } from './row-source.js';

/** In characters. */
const maxLineLength = 1_048_576;

/**
 * Reads JSON lines: an object on each line.
 *
 * @throws CommandError for a line without an end, and for a list
 */
export async function* readJsonLines(text: AsyncIterable<string>): AsyncGenerator<SourceRow> {
  let line = 0;
  for await (const content of splitLines(text)) {
    line += 1;
    if (content.trim() === '') continue;
    if (line === 1 && content.trim() === '[') throw createListError();
    yield readLine(content, line);
  }
}

async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let count = 0;
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const each of lines) {
      count += 1;
      refuseLongLine(each, count);
      yield each;
    }
    refuseLongLine(rest, count + 1);
  }
  if (rest !== '') yield rest;
}

function refuseLongLine(content: string, line: number): void {
  if (content.length <= maxLineLength) return;
  throw new CommandError(
    `Line ${line} is longer than ${maxLineLength} characters: write one object on each line.`,
  );
}

function readLine(content: string, line: number): SourceRow {
  const object = parseObject(content);
  if (Array.isArray(object) && line === 1) throw createListError();
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    return { line, cells: new Map(), problem: 'must be an object in JSON' };
  }
  if (hasDuplicateNames(content)) return { line, cells: new Map(), problem: 'must not name a member twice' };
  return { line, cells: new Map(Object.entries(object)), problem: null };
}

/** The error of JSON.parse quotes what it has read. */
function parseObject(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function createListError(): CommandError {
  return new CommandError(
    'The source is a list in JSON. Write one object on each line, for example with jq -c .[]',
  );
}
