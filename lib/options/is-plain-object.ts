/**
 * Whether a value is an object as it is written in code, `{ … }`, and no instance of a class and no list. Objects of
 * another realm, as in a test runner, count as well.
 */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
