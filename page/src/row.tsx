import type { ComponentChildren, JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { TextName } from './texts-english.js';

/** One detail of a key or an owner: its name and what it is. */
export function Row({ name, children }: { name: TextName; children: ComponentChildren }): JSX.Element {
  const { say } = useSurroundings();
  return (
    <div>
      <dt>{say(name)}</dt>
      <dd>{children}</dd>
    </div>
  );
}
