/** Deletes entries that are to go, up to a number of them; how many were deleted. */
export function deleteSome<K, V>(entries: Map<K, V>, limit: number, isToGo: (value: V) => boolean): number {
  let deleted = 0;
  for (const [key, value] of entries) {
    if (deleted === limit) break;
    if (!isToGo(value)) continue;
    entries.delete(key);
    deleted += 1;
  }
  return deleted;
}
