import { parseDictionary, type Dictionary } from 'structured-headers';

/** Longest field that is read, in characters. */
const maxLength = 8192;

/**
 * Reads a structured field that is a dictionary (RFC 9651). Where that RFC takes the last of several members or parameters
 * of one name, nothing is taken here: who checks and who acts could take different ones.
 *
 * @returns `null` when it is malformed, too long, or names anything twice
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

/** Whether as many members and parameters were read as there are in the text. */
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

/** Whether a text has a decimal number in it: once parsed, `1.0` cannot be told from `1`. */
export function hasDecimal(text: string): boolean {
  return /=-?\d+\./.test(stripStrings(text));
}

/** In what is left, commas stand between members only, and semicolons before parameters only. */
function stripStrings(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}

function countCharacter(text: string, character: string): number {
  return text.split(character).length - 1;
}
