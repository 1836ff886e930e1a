/**
 * What a terminal or a viewer interprets instead of showing it: DEL and the C1 controls, marks of writing direction, what
 * has no width, and separators of lines. JSON itself escapes the controls below the space.
 */
const controlCharacters = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** JSON in which every such character is escaped: the same value, in one line, whatever its strings contain. */
export function escapeJson(value: object): string {
  return JSON.stringify(value).replace(
    controlCharacters,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
