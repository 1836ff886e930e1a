const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** The style sheet of all pages, served as a file: their policy allows no other. */
export const styleSheet: string = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; }
header { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; justify-content: space-between; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
form.sign-in { display: grid; gap: 1rem; max-width: 20rem; margin-top: 1rem; }
label { display: grid; gap: 0.25rem; }
input, button { font: inherit; padding: 0.5rem 1rem; border: 1px solid GrayText; border-radius: 0.5rem; }
button { cursor: pointer; }
.problem { font-weight: bold; }
`;

/** Writes a page. What is given is HTML already. */
export function writePage(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="style.css">
${head}</head>
<body>
${body}
</body>
</html>
`;
}
