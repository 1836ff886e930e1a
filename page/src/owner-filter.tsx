import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useSurroundings } from './context.js';

/** A field for the id of an owner; told of when nobody types any more. */
export function OwnerFilter({ onChange }: { onChange: (ownerId: string) => void }): JSX.Element {
  const { say } = useSurroundings();
  const [typed, setTyped] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => onChange(typed.trim()), 400);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label class="field grow">
      <span>{say('owner')}</span>
      <input
        type="search"
        maxLength={200}
        autocapitalize="off"
        spellcheck={false}
        value={typed}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      />
    </label>
  );
}
