import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './markdown.js';

/** Where a message is written: a call of a logger, or one of the tables of messages that are handed to it. */
const places = /\.(?:warn|error|info\?\.)\(|\b(?:begins|ends|warning):/g;
/** A function around a message, as in `ends: (lost) => …`. */
const arrow = /^\s*\(\w*\) =>/;
const literal = /^\s*\+?\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/;

/** The string literals that are joined by `+` from here on; what is put in at run time is `…`. */
function messageAt(source: string): string {
  let rest = source.replace(arrow, '');
  let text = '';
  for (let match = literal.exec(rest); match !== null; match = literal.exec(rest)) {
    text += match[1] ?? match[2] ?? (match[3] ?? '').replace(/\$\{[^}]*\}/g, '…');
    rest = rest.slice(match[0].length);
  }
  return text.replace(/\\(.)/g, '$1');
}

/** Every message in one source, without the `api-keys: ` that all of them begin with. */
export function messagesIn(source: string): readonly string[] {
  return [...source.matchAll(places)]
    .map(({ 0: place, index }) => messageAt(source.slice(index + place.length)))
    .map((message) => message.replace(/^api-keys: /, '').replace(/^redis: /, ''))
    .filter((message) => /[a-z]{3}/.test(message.replace('(Redis: …)', '')));
}

/** Every message that `lib/` can write to the logger, once each. */
export function loggedMessages(): readonly string[] {
  const folder = join(repository, 'lib');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const all = sources.flatMap((path) => messagesIn(readFileSync(join(folder, path), 'utf8')));
  return [...new Set(all)].sort();
}
