import type { JSX } from 'preact';
import { Field } from './field.js';

/** A field for a whole number, which may be empty where that means something. */
export function CountField({
  label,
  hint,
  mistake,
  typed,
  onType,
}: {
  label: string;
  hint?: string;
  mistake: string | undefined;
  typed: string;
  onType: (typed: string) => void;
}): JSX.Element {
  return (
    <Field label={label} hint={hint} mistake={mistake}>
      {(control) => (
        <input
          {...control}
          inputMode="numeric"
          autocomplete="off"
          value={typed}
          onInput={({ currentTarget }) => onType(currentTarget.value)}
        />
      )}
    </Field>
  );
}
