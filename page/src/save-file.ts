/** Has the browser save a file. */
export function saveFile(name: string, parts: readonly string[], type: string): void {
  const address = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun when the click returns; a moment later the browser has its own copy.
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

/** Turns a text into a part of a file name: letters, digits and hyphens; empty where there are none. */
export function toFileName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
}
