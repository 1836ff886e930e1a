/** How many names are listed. */
const maxNames = 10;

/** Quotes the name of a column, unless it looks like anything else: in a file without a header, it is a key. */
export function quoteColumn(name: string): string {
  return /^[\p{L}_][\p{L}\p{N} _.-]{0,39}$/u.test(name) && !/\d.*\d.*\d.*\d/.test(name)
    ? name
    : '(not shown)';
}

/** Lists names of columns. */
export function quoteColumns(names: readonly string[]): string {
  const quoted = names.slice(0, maxNames).map(quoteColumn).join(', ');
  return names.length > maxNames ? `${quoted} and ${names.length - maxNames} more` : quoted;
}
