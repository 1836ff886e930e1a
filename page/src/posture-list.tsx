import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
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
  const found = usePages<PostureItem>('/posture', { reason, limit: '100' });
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-posture')}</ViewTitle>
        <p class="soft">{say('postureIntro')}</p>
      </header>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label class="field">
          <span>{say('reason')}</span>
          <select value={reason} onChange={({ currentTarget }) => setReason(currentTarget.value)}>
            <option value="">{say('anyReason')}</option>
            {postureReasons.map((each) => (
              <option key={each} value={each}>
                {say(`short-${each}`)}
              </option>
            ))}
          </select>
        </label>
      </form>
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
