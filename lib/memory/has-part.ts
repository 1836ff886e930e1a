/** Whether a string contains another one, ignoring the case of ASCII letters. */
export function hasPart(text: string, part: string): boolean {
  return toLowerAscii(text).includes(toLowerAscii(part));
}

function toLowerAscii(value: string): string {
  return value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
