/** A string whose escapes were decoded, and where each of its characters, and its end, stood in what was written. */
export interface Unescaped {
  readonly text: string;
  readonly starts: readonly number[];
}

/** Percent-encoding (RFC 3986 section 2.1), and the escapes of JSON (RFC 8259 section 7). */
const escapes = /%([0-9A-Fa-f]{2})|\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))/g;

/** The control characters among the short escapes of JSON; all others stand for themselves. */
const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Decodes each escape of a URL or of JSON to one character; those of bytes beyond ASCII to some character beyond ASCII. Whatever is
 * no escape stays, so that no string can fail. `null` for a string without any.
 */
export function decodeEscapes({ text, starts }: Unescaped): Unescaped | null {
  let decoded = '';
  const decodedStarts: number[] = [];
  let end = 0;
  const copyUntil = (at: number): void => {
    for (let index = end; index < at; index += 1) decodedStarts.push(starts[index] ?? 0);
    decoded += text.slice(end, at);
  };
  for (const { index, 0: escape, 1: byte, 2: unit, 3: short } of text.matchAll(escapes)) {
    copyUntil(index);
    decoded += decodeEscape(byte ?? unit, short);
    decodedStarts.push(starts[index] ?? 0);
    end = index + escape.length;
  }
  if (end === 0) return null;
  copyUntil(text.length);
  decodedStarts.push(starts[text.length] ?? 0);
  return { text: decoded, starts: decodedStarts };
}

/** The same without the places of characters, which is faster. */
export function decodeText(text: string): string {
  return text.replace(escapes, (_, byte?: string, unit?: string, short?: string) =>
    decodeEscape(byte ?? unit, short),
  );
}

function decodeEscape(code: string | undefined, short: string | undefined): string {
  if (code !== undefined) return String.fromCharCode(parseInt(code, 16));
  return controls[short ?? ''] ?? short ?? '';
}

/** A string in which nothing is decoded. */
export function takeAsWritten(text: string): Unescaped {
  return { text, starts: Array.from({ length: text.length + 1 }, (_, index) => index) };
}
