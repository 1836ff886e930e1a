import type { ComponentChildren, JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { TextName } from './texts-english.js';

/** The form above a list: what is looked for. @param onSubmit - called where the list has something to open besides */
export function Filters({
  onSubmit,
  children,
}: {
  onSubmit?: () => void;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <form
      class="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit?.();
      }}
    >
      {children}
    </form>
  );
}

/** A field to search by something that is typed. @param isId - whether that is an id, which nothing must correct */
export function SearchField({
  label,
  maxLength,
  isId = false,
  typed,
  onType,
}: {
  label: TextName;
  maxLength: number;
  isId?: boolean;
  typed: string;
  onType: (typed: string) => void;
}): JSX.Element {
  const { say } = useSurroundings();
  return (
    <label class="field grow">
      <span>{say(label)}</span>
      <input
        type="search"
        maxLength={maxLength}
        {...(isId ? { autocapitalize: 'off', spellcheck: false } : {})}
        value={typed}
        onInput={({ currentTarget }) => onType(currentTarget.value)}
      />
    </label>
  );
}

/** One of some choices. @param any - what no choice is called; without it, there is always one */
export function FilterSelect<V extends string>({
  label,
  any,
  choices,
  chosen,
  onChoose,
}: {
  label: TextName;
  any?: TextName;
  /** Each with what it is called. */
  choices: readonly (readonly [V, TextName])[];
  chosen: V | '';
  onChoose: (chosen: V) => void;
}): JSX.Element {
  const { say } = useSurroundings();
  return (
    <label class="field">
      <span>{say(label)}</span>
      <select value={chosen} onChange={({ currentTarget }) => onChoose(currentTarget.value as V)}>
        {any !== undefined && <option value="">{say(any)}</option>}
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {say(text)}
          </option>
        ))}
      </select>
    </label>
  );
}
