import type { JSX } from 'preact';
import { Field } from './field.js';

/** A field for a name that is typed once more, before something is done that cannot be undone. */
export function TypedName({
  label,
  mistake,
  typed,
  onType,
}: {
  label: string;
  mistake: string | undefined;
  typed: string;
  onType: (typed: string) => void;
}): JSX.Element {
  return (
    <Field label={label} mistake={mistake}>
      {(control) => (
        <input
          {...control}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={typed}
          onInput={({ currentTarget }) => onType(currentTarget.value)}
        />
      )}
    </Field>
  );
}
