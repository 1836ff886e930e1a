import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { ApiKey } from './records.js';

/** The secrets of a key that still work, and until when. */
export function KeySecrets({ apiKey }: { apiKey: ApiKey }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { state, expiresAt, previousSecretEndsAt, graceFromFirstUseSeconds } = apiKey;
  const isOver = state === 'revoked' || state === 'expired';
  const newest =
    expiresAt === null ? say('worksWithKey') : say('worksUntil', { date: formats.moment(expiresAt) });
  return (
    <section class="panel" part="secrets">
      <h3>{say('secrets')}</h3>
      {isOver ? (
        <p class="soft">{say('secretEnded')}</p>
      ) : (
        <ul class="secrets">
          <li>
            <i class="bar new" aria-hidden="true" />
            <span>
              <strong>{say('newestSecret')}</strong> {newest}
            </span>
          </li>
          {previousSecretEndsAt !== null && (
            <li>
              <i class="bar old" aria-hidden="true" />
              <span>
                <strong>{say('oldSecret')}</strong>{' '}
                {say('worksUntil', { date: formats.moment(previousSecretEndsAt) })} (
                {formats.distance(previousSecretEndsAt)})
              </span>
            </li>
          )}
          {graceFromFirstUseSeconds !== null && (
            <li>
              <i class="bar old" aria-hidden="true" />
              <span>
                <strong>{say('oldSecret')}</strong>{' '}
                {say('worksUntilFirstUse', { duration: formats.span(graceFromFirstUseSeconds) })}
              </span>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}
