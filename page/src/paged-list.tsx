import type { ComponentChildren, JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { TextName } from './texts-english.js';
import { ChangeTrouble, Loading, LoadTrouble } from './trouble.js';
import type { Pages } from './use-pages.js';

/** A list that is loaded page by page, in all its states; what it consists of is the caller's. */
export function PagedList<T>({
  pages,
  empty,
  shown = ['shown', 'shownMore'],
  more = 'more',
  note,
  children,
}: {
  pages: Pages<T>;
  /** Shown in place of the list where there is nothing. */
  empty: ComponentChildren;
  /** How many are shown: all, and with more to come. */
  shown?: readonly [TextName, TextName];
  more?: TextName;
  /** Said of those that are shown, while there are more. */
  note?: TextName | undefined;
  children: (items: readonly T[], isStale: boolean) => ComponentChildren;
}): JSX.Element {
  const { say, formats } = useSurroundings();
  const { value, error, isLoading, isLoadingMore } = pages;
  const count = value?.items.length ?? 0;
  const hasMore = value !== null && value.nextCursor !== null;
  /** What is shown may be that of another filter. */
  const isOutdated = error !== null && !isLoading;
  return (
    <>
      {isOutdated && <LoadTrouble error={error} onRetry={pages.reload} />}
      {value === null && isLoading && <Loading />}
      {isOutdated && count > 0 && <p class="soft">{say('outdated')}</p>}
      {value !== null && count === 0 && !isOutdated && (
        <div class="empty" part="empty">
          {hasMore ? <p>{say('noneSoFar')}</p> : empty}
        </div>
      )}
      {value !== null && count > 0 && children(value.items, isLoading)}
      {value !== null && !isOutdated && (
        <footer class="foot">
          <span class="soft" role="status">
            {count > 0 && say(shown[hasMore ? 1 : 0], { count: formats.number(count) })}
            {hasMore && note !== undefined && ` ${say(note, { count: formats.number(count) })}`}
          </span>
          {hasMore && (
            <button type="button" class="button" disabled={isLoadingMore} onClick={pages.showMore}>
              {say(isLoadingMore ? 'loading' : count === 0 ? 'searchOn' : more)}
            </button>
          )}
        </footer>
      )}
      <ChangeTrouble error={pages.moreError} />
    </>
  );
}
