import { useEffect, useRef, useState } from 'preact/hooks';
import type { AdminClient } from './admin-client.js';
import { useSurroundings } from './context.js';
import type { Page } from './records.js';
import { useLoad, type Loaded } from './use-load.js';

/** A list that is loaded page by page. */
export interface Pages<T> extends Loaded<Page<T>> {
  readonly isLoadingMore: boolean;
  readonly moreError: unknown;
  readonly showMore: () => void;
}

/** Loads the first page of a list whenever the filter is another one, and further pages when they are wanted. */
export function usePages<T>(path: string, query: Readonly<Record<string, string>>): Pages<T> {
  const { client } = useSurroundings();
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [moreError, setMoreError] = useState<unknown>(null);
  const filter = JSON.stringify([path, query]);
  const latest = useRef(filter);
  latest.current = filter;
  const loaded = useLoad(filter, (signal) => loadPage<T>(client, path, query, signal));
  useEffect(() => setMoreError(null), [filter]);

  async function loadMore({ items, nextCursor }: Page<T>): Promise<void> {
    setLoadingMore(true);
    setMoreError(null);
    try {
      const next = await loadPage<T>(client, path, { ...query, cursor: nextCursor ?? '' });
      // A page of another filter is not added to this list.
      if (latest.current === filter) {
        loaded.set({ items: [...items, ...next.items], nextCursor: next.nextCursor });
      }
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

/** With a filter, one page of the router may be empty though there are more: it is read on, up to a bound. */
async function loadPage<T>(
  client: AdminClient,
  path: string,
  query: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Page<T>> {
  let page = await client.get<Page<T>>(path, query, signal);
  for (let round = 0; page.items.length === 0 && page.nextCursor !== null && round < 10; round++) {
    page = await client.get<Page<T>>(path, { ...query, cursor: page.nextCursor }, signal);
  }
  return page;
}
