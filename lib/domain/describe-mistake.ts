import type { Keyspaces } from './keyspaces.js';

/** Longer strings are no mistyped keys, and not looked at. */
const maxLength = 256;

/** What a string shows by itself, in this order. */
const mistakes: readonly (readonly [pattern: RegExp, detail: string])[] = [
  // Typographic quotes arrive as UTF-8, read as latin-1.
  [
    /^(?:["'`]|%22|\u00e2\u0080[\u0098-\u009f])|(?:["'`]|%22|\u00e2\u0080[\u0098-\u009f])$/,
    'The API key is in quotes. Send it without them.',
  ],
  [
    /^(?:authorization|bearer|basic|token|(?:x-)?api-?key)[ \t:=]/i,
    'There is a name before the API key, of a scheme or a header. Send Bearer once, in Authorization alone, and nothing else before the key.',
  ],
  [
    /^(?:undefined|null|none|nil|nan|true|false|\[object [A-Za-z]+\])$/i,
    'A word for a missing value was sent instead of an API key: the client does not have the key.',
  ],
  [
    /^(?:\$[A-Za-z_{(].*|%[A-Za-z_]+%|\{\{.*\}\}|<.*>|(?:process|import\.meta)\.env\b.*|your[-_ ]?(?:api[-_ ]?)?key(?:[-_ ]here)?)$/is,
    'A placeholder or the name of a variable was sent instead of an API key: nothing has replaced it.',
  ],
  [
    /\u2026|\u00e2\u0080\u00a6|\.{3}|\*{3}|\u00e2\u0080\u00a2/,
    'A shortened API key was sent, as lists show it. Send the whole key, as it was shown once, when it was created.',
  ],
];

/**
 * Describes the mistake in a string that cannot be a key of this service; `null` when it shows none, or could be a key. Only the
 * string and the public form of keys count, never what is stored, and nothing of the string is repeated: trying strings tells
 * nothing about the keys that exist.
 */
export function describeMistake(
  text: string,
  keyspaces: Pick<Keyspaces, 'all' | 'parse' | 'foreign'>,
): string | null {
  if (text.length > maxLength || keyspaces.parse(text) !== null || keyspaces.foreign.recognises(text))
    return null;
  const [, detail] = mistakes.find(([pattern]) => pattern.test(text)) ?? [];
  return detail ?? describeEnvironment(text, keyspaces);
}

/** The prefix of a key names its environment. */
function describeEnvironment(text: string, keyspaces: Pick<Keyspaces, 'all'>): string | null {
  for (const { format, environment, environments, formatFor } of keyspaces.all()) {
    const other = environments.find((each) => each !== environment && text.startsWith(formatFor(each).head));
    if (other !== undefined && !text.startsWith(format.head)) {
      return `The API key is for the environment ${other}. This service takes those that begin with ${format.head}, for ${environment}.`;
    }
  }
  return null;
}
