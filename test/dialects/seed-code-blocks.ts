/** A fenced block of code in Markdown. */
export interface CodeBlock {
  /** In lower case; `sh` and `bash` are both `bash`. */
  readonly language: string;
  /** As it stands in the document, without the indentation of its fence. */
  readonly text: string;
}

/** The fenced blocks of a document (CommonMark section 4.5): a fence ends at one that is at least as long. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { fence: string; indent: string; language: string; lines: string[] } | null = null;
  for (const line of markdown.split('\n')) {
    const [, indent = '', fence, info = ''] = /^( *)(`{3,})([^`]*)$/.exec(line) ?? [];
    if (open === null) {
      if (fence !== undefined) open = { fence, indent, language: languageOf(info), lines: [] };
    } else if (fence !== undefined && fence.length >= open.fence.length && info.trim() === '') {
      blocks.push({ language: open.language, text: open.lines.join('\n') });
      open = null;
    } else {
      const { indent: outer } = open;
      open.lines.push(line.startsWith(outer) ? line.slice(outer.length) : line.trimStart());
    }
  }
  if (open !== null) throw new Error(`a block of ${open.language} has no end`);
  return blocks;
}

function languageOf(info: string): string {
  const language = info.trim().split(/\s/)[0]?.toLowerCase() ?? '';
  return language === 'sh' ? 'bash' : language;
}
