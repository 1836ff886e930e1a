/** Reads the reply to INFO: lines of `name:value`. */
export function readInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => /^[a-z_0-9]+:/i.test(line));
  return new Map(
    lines.map((line) => {
      const end = line.indexOf(':');
      return [line.slice(0, end), line.slice(end + 1)] as const;
    }),
  );
}
