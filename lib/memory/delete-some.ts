/** Deletes up to `limit` entries that satisfy a condition, and returns how many were deleted. */
export function deleteSome<K, V>(
  entries: Map<K, V>,
  limit: number,
  shouldDelete: (value: V) => boolean,
): number {
  let deleted = 0;
  for (const [key, value] of entries) {
    if (deleted === limit) break;
    if (!shouldDelete(value)) continue;
    entries.delete(key);
    deleted += 1;
  }
  return deleted;
}
