/** A string, closed or not, so that no comma inside it matches, and no start of a string is tried twice. */
const string = String.raw`"[^"\\]*(?:\\[^][^"\\]*)*"?`;
const trailingComma = String.raw`,(?=[ \t\r\n]*[}\]])`;
const token = new RegExp(`${string}|${trailingComma}`, 'g');

/** Removes from JSON text the one comma that may stand between the last member and a closing bracket. */
export function stripTrailingCommas(text: string): string {
  return text.replace(token, (found, offset: number) =>
    found === ',' && endsWithValue(text, offset) ? '' : found,
  );
}

/** `[,]` and `[1,,]` are malformed, not lists with a trailing comma. */
function endsWithValue(text: string, end: number): boolean {
  let last = end - 1;
  while (last >= 0 && ' \t\r\n'.includes(text.charAt(last))) last -= 1;
  return last >= 0 && !'[{,'.includes(text.charAt(last));
}
