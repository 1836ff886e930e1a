/**
 * Copies a value, so that neither side can change the other's. Records are JSON values, so JSON copies them exactly.
 */
export function deepCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
