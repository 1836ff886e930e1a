import type { Page } from '../manage/list-page.js';
import type { GivenInput } from './instance-commands.js';

/** The most that one page has. */
const maxPage = 100;

/** What was read of a list. */
export interface ReadItems<T> {
  readonly items: readonly T[];
  /** Whether there are more than were wanted. */
  readonly hasMore: boolean;
}

/** Reads the pages of a list until there are as many items as wanted. */
export async function listAll<T>(
  readPage: (filter: GivenInput) => Promise<Page<T>>,
  filter: GivenInput,
  wanted: number,
): Promise<ReadItems<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.max(1, Math.min(maxPage, wanted - items.length));
    const page: Page<T> = await readPage({ ...filter, limit, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < wanted);
  return { items: items.slice(0, wanted), hasMore: cursor !== null || items.length > wanted };
}
