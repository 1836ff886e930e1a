import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { PlaceLink } from './place-link.js';
import { sortByUrgency } from './posture-reasons.js';
import { PostureSentence } from './posture-sentence.js';
import type { PostureItem } from './records.js';
import { ChangeTrouble } from './trouble.js';
import { usePages } from './use-pages.js';

const shownAtFirst = 3;

/**
 * What deserves attention about the newest keys, and about older ones on demand: the list of keys below must not wait for all of
 * them. Where it cannot be loaded, that list stands without it.
 */
export function AttentionList(): JSX.Element | null {
  const { caller, say } = useSurroundings();
  const [showsAll, setShowsAll] = useState(false);
  const posture = usePages<PostureItem>('/posture', {}, false);
  if (posture.value === null) return null;
  const items = sortByUrgency(posture.value.items);
  const hasOlder = posture.value.nextCursor !== null;
  const isAdmin = caller.kind === 'admin';
  if (items.length === 0 && (isAdmin || !hasOlder) && !showsAll) return null;
  const hidden = showsAll ? 0 : Math.max(0, items.length - shownAtFirst);

  function showMore(): void {
    setShowsAll(true);
    if (hidden === 0) posture.showMore();
  }

  return (
    <section
      class={items.length === 0 ? 'attention none' : 'attention'}
      aria-label={say('attention')}
      part="attention"
    >
      {items.length === 0 ? (
        <p class="soft">{say(hasOlder ? 'attentionNoneYet' : 'postureNone')}</p>
      ) : (
        <h3>{say('attention')}</h3>
      )}
      {items.length > 0 && (
        <ul>
          {items.slice(0, items.length - hidden).map((item) => (
            <li key={`${item.keyId} ${item.reason}`}>
              <PlaceLink place={{ view: 'key', id: item.keyId }}>
                <bdi>{item.name}</bdi>
              </PlaceLink>{' '}
              <PostureSentence item={item} />
            </li>
          ))}
        </ul>
      )}
      {isAdmin ? (
        <PlaceLink place={{ view: 'posture' }}>{say('attentionAll')}</PlaceLink>
      ) : (
        (hidden > 0 || hasOlder) && (
          <button type="button" class="link" disabled={posture.isLoadingMore} onClick={showMore}>
            {posture.isLoadingMore
              ? say('loading')
              : hidden > 0
                ? say('attentionMore', { count: hidden })
                : say('attentionOlder')}
          </button>
        )
      )}
      <ChangeTrouble error={posture.moreError} />
    </section>
  );
}
