import type { AdminClient } from './admin-client.js';
import type { OwnerWithCredits, Page } from './records.js';

/** What a file of an owner's data contains, by the list that it is read from. */
const lists = { keys: '/keys', changes: '/audit', refusedRequests: '/audit/access' } as const;

/**
 * Reads everything that the router shows about an owner, and returns it as one JSON document in parts. No secret is in any of it.
 *
 * @param onRead - called with the number of records that were read so far
 * @throws as `AdminClient.get`
 */
export async function collectOwnerData(
  client: AdminClient,
  ownerId: string,
  onRead: (count: number) => void,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const owner = await client.get<OwnerWithCredits>(`/owners/${encodeURIComponent(ownerId)}`, {}, signal);
  const parts = [`{\n"owner": ${JSON.stringify(owner)}`];
  let count = 1;
  for (const [name, path] of Object.entries(lists)) {
    parts.push(`,\n"${name}": [`);
    let [cursor, separator]: [string | null, string] = ['', '\n'];
    while (cursor !== null) {
      const page: Page<object> = await client.get(path, { ownerId, limit: '100', cursor }, signal);
      for (const item of page.items) {
        parts.push(`${separator}${JSON.stringify(item)}`);
        separator = ',\n';
      }
      count += page.items.length;
      onRead(count);
      cursor = page.nextCursor;
    }
    parts.push('\n]');
  }
  parts.push('\n}\n');
  return parts;
}
