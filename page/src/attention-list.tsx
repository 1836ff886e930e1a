import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { PlaceLink } from './place-link.js';
import { sortByUrgency } from './posture-reasons.js';
import { PostureSentence } from './posture-sentence.js';
import type { Page, PostureItem } from './records.js';
import { useLoad } from './use-load.js';

const shownAtFirst = 3;

/** What deserves attention about the newest hundred keys. Where it cannot be loaded, the list of keys stands without it. */
export function AttentionList(): JSX.Element | null {
  const { client, caller, say } = useSurroundings();
  const [showsAll, setShowsAll] = useState(false);
  const posture = useLoad('posture', (signal) =>
    client.get<Page<PostureItem>>('/posture', { limit: '100' }, signal),
  );
  const items = sortByUrgency(posture.value?.items ?? []);
  if (items.length === 0) return null;
  const hidden = showsAll ? 0 : Math.max(0, items.length - shownAtFirst);
  return (
    <section class="attention" aria-label={say('attention')} part="attention">
      <h3>{say('attention')}</h3>
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
      {caller.kind === 'admin' ? (
        <PlaceLink place={{ view: 'posture' }}>{say('attentionAll')}</PlaceLink>
      ) : (
        hidden > 0 && (
          <button type="button" class="link" onClick={() => setShowsAll(true)}>
            {say('attentionMore', { count: hidden })}
          </button>
        )
      )}
    </section>
  );
}
