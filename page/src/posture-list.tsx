import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { Filters, FilterSelect } from './filters.js';
import { PagedList } from './paged-list.js';
import { PostureCard } from './posture-card.js';
import { postureReasons, sortByUrgency } from './posture-reasons.js';
import type { PostureItem } from './records.js';
import { usePages } from './use-pages.js';
import { ViewTitle } from './view-title.js';

/** What deserves attention about the keys of all owners, each with the one action that mends it. */
export function PostureList(): JSX.Element {
  const { say } = useSurroundings();
  const [reason, setReason] = useState('');
  const found = usePages<PostureItem>('/posture', { reason });
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-posture')}</ViewTitle>
        <p class="soft">{say('postureIntro')}</p>
      </header>
      <Filters>
        <FilterSelect
          label="reason"
          any="anyReason"
          choices={postureReasons.map((each) => [each, `short-${each}`] as const)}
          chosen={reason}
          onChoose={setReason}
        />
      </Filters>
      <PagedList pages={found} empty={<strong>{say('postureNone')}</strong>}>
        {(items, isStale) => (
          <ul class={`tiles ${isStale ? 'stale' : ''}`}>
            {sortByUrgency(items).map((item) => (
              <PostureCard key={`${item.keyId} ${item.reason}`} item={item} />
            ))}
          </ul>
        )}
      </PagedList>
    </section>
  );
}
