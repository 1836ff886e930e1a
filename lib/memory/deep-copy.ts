/** Neither side can change what the other one holds. Records are JSON values, so JSON copies them exactly. */
export function deepCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
