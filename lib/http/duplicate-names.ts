/** The tokens that matter: a string, with the colon that makes it a name, and brackets. */
const token = /("[^"\\]*(?:\\.[^"\\]*)*")([ \t\n\r]*:)?|[{}[\]]/g;

/**
 * Whether an object in a JSON string names a member twice. Parsers disagree on which one counts (RFC 8259 section 4), so
 * that a proxy could have checked one of them and this package would use the other.
 *
 * @param json - a string that JSON.parse accepts
 */
export function hasDuplicateNames(json: string): boolean {
  const open: (Set<unknown> | null)[] = [];
  for (const [text, literal, colon] of json.matchAll(token)) {
    if (text === '{') open.push(new Set());
    else if (text === '[') open.push(null);
    else if (text === '}' || text === ']') open.pop();
    else if (literal !== undefined && colon !== undefined) {
      const names = open.at(-1);
      const name: unknown = JSON.parse(literal);
      if (names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}
