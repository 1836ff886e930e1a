import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { TextName } from './texts-english.js';

/** The label of a field that may stay empty. */
export function OptionalLabel({ text }: { text: TextName }): JSX.Element {
  const { say } = useSurroundings();
  return (
    <>
      {say(text)} <span class="soft">({say('optional')})</span>
    </>
  );
}
