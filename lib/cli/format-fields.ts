import { stripControls } from './strip-controls.js';

/** Writes an object for people: a line for each member that has something. */
export function formatFields(value: object): string {
  const entries = Object.entries(value).flatMap(([name, member]) => {
    const text = writeMember(member);
    return text === null ? [] : [[name, text] as const];
  });
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, text]) => `${name.padEnd(width)}  ${stripControls(text).replace(/[\n\t]/g, ' ')}`)
    .join('\n');
}

function writeMember(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return value.length === 0 ? null : value.join(' ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
