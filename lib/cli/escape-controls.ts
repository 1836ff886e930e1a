import { stripControls } from './strip-controls.js';

/**
 * Escapes in JSON what a terminal would obey, as `\u202e`: it stays the same data. Line breaks and tabs, which JSON has only between
 * its tokens, stay.
 */
export function escapeControls(json: string): string {
  return stripControls(json) === json ? json : Array.from(json, escapeControl).join('');
}

function escapeControl(character: string): string {
  if (stripControls(character) !== '') return character;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
