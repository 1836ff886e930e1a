/** How many names are listed. */
const maxNames = 10;

/** Words of lower-case letters, each perhaps with a capital in front and a number behind, joined by a capital or a mark. */
const words = /^\p{L}?\p{Ll}{1,15}\d{0,3}(?:(?:[ _.-]\p{L}?|\p{Lu})\p{Ll}{1,15}\d{0,3})*$/u;
const maxLength = 32;

/** Quotes the name of a column, unless it may be anything else: in a file without a header, it is a key. */
export function quoteColumn(name: string): string {
  const isName = name.length <= maxLength && words.test(name) && (name.match(/\p{Lu}/gu)?.length ?? 0) <= 3;
  return isName || /^[A-Z]{1,12}(?:_[A-Z]{1,12}){0,3}$/.test(name) ? name : '(not shown)';
}

/** Lists names of columns. */
export function quoteColumns(names: readonly string[]): string {
  const quoted = names.slice(0, maxNames).map(quoteColumn).join(', ');
  return names.length > maxNames ? `${quoted} and ${names.length - maxNames} more` : quoted;
}
