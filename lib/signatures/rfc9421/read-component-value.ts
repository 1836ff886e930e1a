import type { CoveredComponent } from './covered-component.js';
import { readFieldValue } from './read-field-value.js';
import type { SignedMessage } from '../signed-message.js';

/** The value of a component of a request (RFC 9421 sections 2.1 and 2.2); `null` when the request does not have it. */
export function readComponentValue(message: SignedMessage, component: CoveredComponent): string | null {
  const { method, scheme, authority, target } = message;
  switch (component.name) {
    case '@method':
      return method;
    case '@scheme':
      return scheme;
    case '@authority':
      return authority;
    case '@target-uri':
      return `${scheme}://${authority}${target}`;
    case '@request-target':
      return target;
    case '@path':
      return target.split('?', 1)[0] || '/';
    case '@query':
      return getQuery(target);
    case '@query-param':
      return readQueryParameter(getQuery(target), component.queryName ?? '');
    default:
      return requirePrintable(readFieldValue(message.rawHeaders, component.name));
  }
}

/** Includes the question mark, even when the query is empty. */
function getQuery(target: string): string {
  const at = target.indexOf('?');
  return at === -1 ? '?' : target.slice(at);
}

/** The encoded value of a parameter that occurs exactly once; if it is repeated, it is ambiguous which one was meant. */
function readQueryParameter(query: string, encodedName: string): string | null {
  const values = [...new URLSearchParams(query)].filter(([name]) => encodeParameter(name) === encodedName);
  const [only] = values;
  return only === undefined || values.length > 1 ? null : encodeParameter(only[1]);
}

/** Percent-encodes like the URL standard's application/x-www-form-urlencoded set, spaces included. */
function encodeParameter(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The signature base is ASCII (RFC 9421 section 2.5), and a newline in a value would split its line in two. */
function requirePrintable(value: string | null): string | null {
  return value === null || !/^[\t\x20-\x7e]*$/.test(value) ? null : value;
}
