/** Maximum depth of a body; the object itself is level 1. */
export const maxDepth = 16;
/** Maximum length of a list in a body. */
export const maxElements = 100;
/** Maximum number of members of an object; metadata has no room for more. */
export const maxMembers = 1000;

/**
 * The problem with the shape of a JSON value, or `null`. It goes level by level, not by recursion: a few kilobytes of
 * brackets are deeper than any call stack.
 */
export function findJsonShapeProblem(root: object): string | null {
  let level: readonly object[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > maxDepth) return `must be at most ${maxDepth} levels deep`;
    if (level.some((value) => Array.isArray(value) && value.length > maxElements)) {
      return `must not contain lists of more than ${maxElements} elements`;
    }
    const members = level.map((value): readonly unknown[] => Object.values(value));
    if (members.some(({ length }) => length > maxMembers)) {
      return `must not contain objects of more than ${maxMembers} members`;
    }
    level = members.flat().filter(isObject);
  }
  return null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
