/** A key or token with another last character: random ones end in any character, also in the one that a test would put there. */
export function misspell(token: string): string {
  return `${token.slice(0, -1)}${token.endsWith('x') ? 'y' : 'x'}`;
}
