import { useEffect, useRef, useState } from 'preact/hooks';
import type { AdminClient } from './admin-client.js';
import { useSurroundings } from './context.js';
import type { Page } from './records.js';
import { useLoad, type Loaded } from './use-load.js';

/** What a view waits for is short, however long the list is; further pages are wanted by the person, and as long as can be. */
const firstPage = { limit: '25' };
const furtherPage = { limit: '100' };
/** How many pages are looked through for an entry. */
const maxEmptyPages = 10;

/** A list that is loaded page by page. */
export interface Pages<T> extends Loaded<Page<T>> {
  readonly isLoadingMore: boolean;
  readonly moreError: unknown;
  readonly showMore: () => void;
}

type Query = Readonly<Record<string, string>>;

/**
 * Loads the first page of a list whenever the filter is another one, and further pages when they are wanted.
 *
 * @param isSearched - whether more is read at once where the first page has no entry
 */
export function usePages<T>(path: string, query: Query, isSearched = true): Pages<T> {
  const { client } = useSurroundings();
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [moreError, setMoreError] = useState<unknown>(null);
  const filter = JSON.stringify([path, query]);
  const latest = useRef(filter);
  latest.current = filter;
  const loaded = useLoad(filter, async (signal) => {
    const page = await client.get<Page<T>>(path, { ...query, ...firstPage }, signal);
    return isSearched && page.items.length === 0 ? readOn<T>(client, path, query, page, signal) : page;
  });
  const value = useRef(loaded.value);
  value.current = loaded.value;
  useEffect(() => setMoreError(null), [filter]);

  async function loadMore(shown: Page<T>): Promise<void> {
    setLoadingMore(true);
    setMoreError(null);
    try {
      const next = await readOn<T>(client, path, query, shown);
      // A page of another filter is not added to this list, and none to what was loaded again meanwhile.
      if (latest.current === filter && value.current === shown)
        loaded.set({ ...next, items: [...shown.items, ...next.items] });
    } catch (error) {
      if (latest.current === filter) setMoreError(error);
    }
    setLoadingMore(false);
  }

  return {
    ...{ ...loaded, isLoadingMore, moreError },
    showMore: () => {
      if (loaded.value !== null && !loaded.isLoading && !isLoadingMore) void loadMore(loaded.value);
    },
  };
}

/** Reads the page behind another one. With a filter, a page of the router may be empty though there are more: then those behind it, up to a bound. */
async function readOn<T>(
  client: AdminClient,
  path: string,
  query: Query,
  before: Page<T>,
  signal?: AbortSignal,
): Promise<Page<T>> {
  let page: Page<T> = { items: [], nextCursor: before.nextCursor };
  for (let round = 0; page.items.length === 0 && page.nextCursor !== null && round < maxEmptyPages; round++) {
    page = await client.get<Page<T>>(path, { ...query, ...furtherPage, cursor: page.nextCursor }, signal);
  }
  return page;
}
