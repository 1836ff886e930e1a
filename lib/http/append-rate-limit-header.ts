import type { ServerResponse } from 'node:http';

/** One member of a list of strings with parameters (RFC 9651 section 3.1); commas inside of strings do not end it. */
const member = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;

/**
 * Sets `RateLimit` or `RateLimit-Policy` beside what another limiter has written there: both fields are lists. Members with
 * the name of a new one are replaced, so that two guards in a row report each window once. What is not such a list, as in
 * older drafts (`limit=100, remaining=99`), is replaced: the two forms cannot be in one field.
 */
export function appendRateLimitHeader(res: ServerResponse, name: string, value: string): void {
  const before = res.getHeader(name);
  if (before === undefined) {
    res.setHeader(name, value);
    return;
  }
  const names = new Set(listMembers(value).map(readName));
  const kept = listMembers(Array.isArray(before) ? before.join(', ') : String(before));
  const others = kept.every((each) => each.startsWith('"'))
    ? kept.filter((each) => !names.has(readName(each)))
    : [];
  res.setHeader(name, [...others, value].join(', '));
}

function listMembers(value: string): readonly string[] {
  return (value.match(member) ?? []).map((each) => each.trim()).filter((each) => each !== '');
}

function readName(text: string): string {
  return /^"(?:[^"\\]|\\.)*"/.exec(text)?.[0] ?? text;
}
