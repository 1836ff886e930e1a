/** Returns what a record has under a name: never what every object inherits, since names such as `constructor` are names like any other. */
export function getOwn<T>(
  record: Readonly<Record<string, T>> | null | undefined,
  name: string,
): T | undefined {
  return record !== null && record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
