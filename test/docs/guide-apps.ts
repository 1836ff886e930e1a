import { fileNameOf } from './fragments.js';
import { blocksOf, type Block } from './markdown.js';

/** Whether a block is the app that a guide shows as a whole: its name ends with `-app.ts`. */
export function isAppOfGuide(block: Block): boolean {
  return fileNameOf(block)?.endsWith('-app.ts') === true;
}

/** Whether a block has commands for the app of its guide; all others are for the example app. */
export function isCommandOfGuideApp({ document, language }: Block): boolean {
  return language === 'sh' && blocksOf(document).some(isAppOfGuide);
}
