import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ProblemError } from './admin-client.js';
import { useSurroundings } from './context.js';
import { getFieldName } from './field-name.js';
import { describeAuthor } from './formats.js';
import type { ApiKey, Page, TrailEntry } from './records.js';
import { english, type TextName } from './texts-english.js';
import { ChangeTrouble, Loading, LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';

/** Who changed what about a key, newest first. */
export function KeyTrail({ apiKey: { id, version } }: { apiKey: ApiKey }): JSX.Element {
  const { client, say, formats } = useSurroundings();
  const [error, setError] = useState<unknown>(null);
  const load = (cursor: string, signal?: AbortSignal): Promise<Page<TrailEntry>> =>
    client.get<Page<TrailEntry>>('/audit', { keyId: id, limit: '10', cursor }, signal);
  const trail = useLoad(`${id} ${version}`, (signal) => load('', signal));

  const latest = useRef(trail.value);
  latest.current = trail.value;

  async function showMore(shown: Page<TrailEntry>): Promise<void> {
    setError(null);
    try {
      const next = await load(shown.nextCursor ?? '');
      // It may have been loaded again meanwhile, with newer entries.
      if (latest.current === shown)
        trail.set({ items: [...shown.items, ...next.items], nextCursor: next.nextCursor });
    } catch (problem) {
      setError(problem);
    }
  }

  const isDenied = trail.error instanceof ProblemError && trail.error.problem.status === 403;
  return (
    <section class="panel" part="trail">
      <h3>{say('trail')}</h3>
      {trail.value === null && trail.isLoading && <Loading />}
      {isDenied && <p class="soft">{say('trailDenied')}</p>}
      {trail.error !== null && !isDenied && !trail.isLoading && (
        <LoadTrouble error={trail.error} onRetry={trail.reload} />
      )}
      {trail.value !== null && trail.error !== null && !trail.isLoading && (
        <p class="soft">{say('outdated')}</p>
      )}
      {trail.value !== null && trail.value.items.length === 0 && <p class="soft">{say('trailNone')}</p>}
      {trail.value !== null && trail.value.items.length > 0 && (
        <ol class="trail">
          {trail.value.items.map(({ sequence, at, action, changedFields, actor, address }) => (
            <li key={sequence}>
              <div>
                {Object.hasOwn(english, action) ? say(action as TextName) : <code>{action}</code>}
                {action === 'key.updated' && (
                  <span>: {formats.list(changedFields.map((name) => getFieldName(name, say)))}</span>
                )}
              </div>
              <div class="soft">
                {formats.moment(at)} · <bdi>{describeAuthor(actor, say)}</bdi>
                {address !== null && <> · {address}</>}
              </div>
            </li>
          ))}
        </ol>
      )}
      {trail.value !== null && trail.value.nextCursor !== null && (
        <button
          type="button"
          class="button small"
          onClick={() => trail.value !== null && void showMore(trail.value)}
        >
          {say('trailMore')}
        </button>
      )}
      <ChangeTrouble error={error} />
    </section>
  );
}
