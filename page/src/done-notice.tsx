import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { PendingNote } from './pending-note.js';
import type { TextName } from './texts-english.js';

/** A change that was made, and until when it is not in effect everywhere; `null`: it is. */
export interface Done {
  readonly text: TextName;
  readonly effectiveBy: string | null;
}

/** Says what was done, and whether it is in effect. */
export function DoneNotice({ done: { text, effectiveBy } }: { done: Done }): JSX.Element {
  const { say } = useSurroundings();
  return (
    <div class="notice good" part="notice">
      <strong>{say(text)}</strong>
      {effectiveBy === null ? (
        <p>{say('everywhere')}</p>
      ) : (
        <PendingNote key={effectiveBy} effectiveBy={effectiveBy} />
      )}
    </div>
  );
}
