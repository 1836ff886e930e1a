/** What a `Content-Type` says, as far as it matters here. */
export interface MediaType {
  /** Type and subtype in lower case: `application/json`. */
  readonly name: string;
  /** Whether no other charset than UTF-8 is named. */
  readonly isUtf8: boolean;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const essence = new RegExp(`^${token}/${token}(?=[ \\t;]|$)`);
/** One `;` with or without a parameter, and the whitespace around; or the whitespace at the end. */
const parameter = new RegExp(
  String.raw`[ \t]*(?:;[ \t]*(?:(${token})=(?:(${token})|"((?:[^"\\]|\\.)*)"))?|$)`,
  'y',
);
const utf8 = /^utf-?8$/i;

/**
 * Parses a `Content-Type` (RFC 9110 section 8.3.1): any parameters in any order, also none behind a `;`. Names of parameters and
 * charsets have no case; `utf8` counts as UTF-8, as clients write it.
 *
 * @returns `null` for what is no media type, or a list of several
 */
export function parseMediaType(header: string): MediaType | null {
  const [name] = essence.exec(header) ?? [];
  if (name === undefined) return null;
  let isUtf8 = true;
  parameter.lastIndex = name.length;
  while (parameter.lastIndex < header.length) {
    const match = parameter.exec(header);
    if (match === null) return null;
    const [, parameterName, plain, quoted] = match;
    if (parameterName?.toLowerCase() === 'charset') isUtf8 &&= utf8.test(plain ?? quoted ?? '');
  }
  return { name: name.toLowerCase(), isUtf8 };
}
