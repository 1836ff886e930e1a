import { CellError } from './cell-error.js';
import { readList } from './read-list.js';
import { readTime } from './read-time.js';
import type { FieldKind } from './row-fields.js';

/** The values of a cell that stand for none. */
export function isEmptyCell(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/**
 * Reads a cell that is not empty as its field needs it.
 *
 * @param isUtc - whether times without a zone are in UTC
 * @throws CellError
 */
export function readCell(kind: FieldKind, value: unknown, isUtc: boolean): unknown {
  switch (kind) {
    case 'text':
      return readText(value);
    case 'hash':
      return readHash(value);
    case 'words':
    case 'list':
      return readList(value, kind === 'words');
    case 'flag':
      return readFlag(value);
    case 'inverted':
      return !readFlag(value);
    case 'number':
      return readNumber(value);
    case 'time':
      return readTime(value, isUtc);
    case 'json':
      return readJson(value);
  }
}

/** Ids are numbers in many systems, and strings here. */
function readText(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value);
    throw new CellError('must be a string: this number cannot be read exactly');
  }
  if (typeof value !== 'string') throw new CellError('must be a string');
  if (value.includes('\0')) throw new CellError('must have no NUL character');
  return value;
}

/** Bytes are written in hexadecimal, as PostgreSQL shows them with `\x` in front; but slow hashes are text, however they are stored. */
function readHash(value: unknown): string {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    const text = bytes.toString('latin1');
    return /^\$[\x21-\x7e]+$/.test(text) ? text : bytes.toString('hex');
  }
  const text = readText(value);
  return /^\\x[0-9a-f]+$/i.test(text) ? text.slice(2) : text;
}

const flags: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  f: false,
  no: false,
  n: false,
  '0': false,
};

function readFlag(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const text = ['string', 'number', 'bigint'].includes(typeof value) ? String(value).toLowerCase() : '';
  if (Object.hasOwn(flags, text)) return flags[text] === true;
  throw new CellError('must be true or false, yes or no, 1 or 0');
}

function readNumber(value: unknown): number {
  const text = typeof value === 'string' ? value : String(value);
  const number = Number(text);
  if (/^-?\d+(?:\.\d+)?$/.test(text) && Number.isFinite(number)) return number;
  throw new CellError('must be a number');
}

function readJson(value: unknown): unknown {
  if (typeof value === 'object' && !(value instanceof Uint8Array)) return value;
  try {
    if (typeof value === 'string') return JSON.parse(value) as unknown;
  } catch {
    // The error of JSON.parse quotes the cell.
  }
  throw new CellError('must be JSON');
}
