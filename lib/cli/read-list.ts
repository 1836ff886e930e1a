import { CellError } from './cell-error.js';

/**
 * Reads a list: of JSON, as PostgreSQL writes arrays (`{a,b}`), or separated by commas.
 *
 * @param isOfWords - whether spaces separate as well
 * @throws CellError
 */
export function readList(value: unknown, isOfWords: boolean): readonly string[] {
  if (Array.isArray(value)) return readItems(value);
  if (typeof value !== 'string') throw new CellError('must be a list');
  const text = value.trim();
  if (text.startsWith('[')) return readItems(parseJson(text));
  if (text.startsWith('{')) return readPostgresArray(text);
  return text
    .split(isOfWords ? /[\s,]+/ : ',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readItems(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new CellError('must be a list of strings');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse quotes the cell.
    throw new CellError('must be a list in JSON, or separated by commas');
  }
}

/** Quoted or not; arrays of arrays and NULL are refused. */
function readPostgresArray(text: string): readonly string[] {
  const inner = /^\{(.*)\}$/s.exec(text)?.[1];
  const problem = new CellError('must be a list as {a,b}, without lists in it');
  if (inner === undefined) throw problem;
  if (inner === '') return [];
  const items: string[] = [];
  const item = /(?:"((?:[^"\\]|\\.)*)"|([^",{}\\\s][^",{}\\]*))(,|$)/gsy;
  for (let position = 0; position < inner.length; position = item.lastIndex) {
    item.lastIndex = position;
    const [, quoted, bare, end] = item.exec(inner) ?? [];
    if ((quoted === undefined && bare === undefined) || bare?.toUpperCase() === 'NULL') throw problem;
    items.push(quoted?.replace(/\\(.)/gs, '$1') ?? bare ?? '');
    if (end === ',' && item.lastIndex === inner.length) throw problem;
  }
  return items;
}
