import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { Overlap } from './overlap.js';
import { readServerTime } from './server-time.js';

/**
 * Which secret works when, drawn before a rotation is confirmed and said in a sentence below. Its four columns are: before, two
 * stretches of overlap, afterwards; in grid columns, so that it runs from right to left where the language does.
 */
export function RotationTimeLine({
  overlap,
  keyEnd,
}: {
  overlap: Overlap;
  keyEnd: string | null;
}): JSX.Element {
  const { say, formats } = useSurroundings();
  const { kind, seconds } = overlap;
  const end = readServerTime() + seconds * 1000;
  // No secret works longer than its key.
  const isCut = keyEnd !== null && Date.parse(keyEnd) < end;
  const shownEnd = isCut ? Date.parse(keyEnd) : end;
  const old = {
    overlapNone: say('endsAtOnce'),
    overlapFixed: say('worksUntil', { date: formats.moment(shownEnd) }),
    overlapFirstUse: say('worksUntilFirstUse', { duration: formats.span(seconds) }),
  }[kind];
  const sentence = `${say('oldSecret')}: ${old}. ${say('newestSecret')}: ${say('worksFromNow')}.`;
  return (
    <figure class="time-line" aria-label={say('timeLine')}>
      <div class={`lines ${kind}`} aria-hidden="true">
        <span class="mark at-now">{say('now')}</span>
        {kind === 'overlapFirstUse' && <span class="mark at-use">{say('firstUse')}</span>}
        {kind !== 'overlapNone' && (
          <span class="mark at-end">
            {kind === 'overlapFixed' ? formats.moment(shownEnd) : `+ ${formats.span(seconds)}`}
          </span>
        )}
        <span class="bar old">{say('old')}</span>
        {kind === 'overlapFirstUse' && <span class="bar open">?</span>}
        {kind === 'overlapFirstUse' && <span class="bar rest" />}
        <span class="bar new">{say('new')}</span>
      </div>
      <figcaption>{sentence}</figcaption>
    </figure>
  );
}
