import { parseDictionary, type Dictionary } from 'structured-headers';

/** Maximum length of a field, in characters. */
const maxLength = 8192;

/**
 * Parses a structured field that is a dictionary (RFC 9651). Where that RFC takes the last of several members or parameters
 * with the same name, the field is rejected: the verifier and the app could each take a different one.
 *
 * @returns `null` when it is malformed, too long, or repeats a name
 */
export function readDictionary(text: string): Dictionary | null {
  if (text.length > maxLength) return null;
  let dictionary: Dictionary;
  try {
    dictionary = parseDictionary(text);
  } catch {
    return null;
  }
  return hasAllEntries(text, dictionary) ? dictionary : null;
}

/** Whether as many members and parameters were parsed as there are in the string. */
function hasAllEntries(text: string, dictionary: Dictionary): boolean {
  const outside = stripStrings(text);
  let parameters = 0;
  for (const [value, own] of dictionary.values()) {
    parameters += own.size;
    if (Array.isArray(value)) for (const [, ofItem] of value) parameters += ofItem.size;
  }
  const members = dictionary.size === 0 ? 0 : countCharacter(outside, ',') + 1;
  return dictionary.size === members && parameters === countCharacter(outside, ';');
}

/** Whether a field contains a decimal: once parsed, `1.0` cannot be distinguished from `1`. */
export function hasDecimal(text: string): boolean {
  return /=-?\d+\./.test(stripStrings(text));
}

/** Empties the quoted strings: in the rest, commas only separate members, and semicolons only precede parameters. */
function stripStrings(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}

function countCharacter(text: string, character: string): number {
  return text.split(character).length - 1;
}
