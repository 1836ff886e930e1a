import { createHash } from 'node:crypto';

/** The element has its own style sheet; this is what is around it. */
const style = [
  ':root{color-scheme:light dark;background:Canvas;color:CanvasText;font:1rem/1.5 system-ui,sans-serif}',
  'body{margin:0 auto;padding:1rem;max-width:75rem}',
  // The element shows a heading of its own; this one is for readers of the outline.
  'h1{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}',
].join('');

/** For the policy of the page: the one style sheet that it may contain. */
export const pageStyleHash: string = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

/**
 * Writes the page: the custom element, and nothing about the caller or the app. Addresses are relative to the page, so that they hold
 * wherever it is mounted, also behind a proxy that strips a prefix.
 *
 * @param scriptPath - of the element's script, relative to the page
 */
export function writePageDocument(scriptPath: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>API keys</title>
<style>${style}</style>
<script type="module" src="${scriptPath}"></script>
</head>
<body>
<main>
<h1>API keys</h1>
<api-keys-manager routing="hash"></api-keys-manager>
<noscript>This page needs JavaScript.</noscript>
</main>
</body>
</html>
`;
}
