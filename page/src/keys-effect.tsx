import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { ApiKey, OwnerWithCredits, Page } from './records.js';
import type { TextName } from './texts-english.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useLoad, type Loaded } from './use-load.js';

const namesShown = 5;

/** The keys that a change of their owner concerns, the first of them by name. */
export function KeysEffect({ keys, text }: { keys: Loaded<Page<ApiKey>>; text: TextName }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { value } = keys;
  if (value === null) {
    return keys.isLoading ? <Loading /> : <LoadTrouble error={keys.error} onRetry={keys.reload} />;
  }
  const { items, nextCursor } = value;
  const count = formats.number(items.length);
  return (
    <section class="summary" aria-label={say('effect')}>
      <strong>{say(text, { count: nextCursor === null ? count : say('atLeast', { count }) })}</strong>
      {items.length > 0 && (
        <ul>
          {items.slice(0, namesShown).map(({ id, name, hint }) => (
            <li key={id}>
              <bdi>{name}</bdi> <code class="hint">{hint}</code>
            </li>
          ))}
          {items.length > namesShown && <li aria-hidden="true">…</li>}
        </ul>
      )}
    </section>
  );
}

/** Loads the keys of an owner that such a change concerns: those that are revoked, disabled or over are refused anyhow. */
export function useActiveKeys({ ownerId }: OwnerWithCredits): Loaded<Page<ApiKey>> {
  const { client } = useSurroundings();
  return useLoad(ownerId, (signal) =>
    client.get<Page<ApiKey>>('/keys', { ownerId, state: 'active', limit: '100' }, signal),
  );
}
