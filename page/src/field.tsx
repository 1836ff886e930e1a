import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

/** What ties a control to its label, its hint and its mistake. */
interface ControlProperties {
  readonly id: string;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: 'true';
}

/** A labelled control with a hint, and with what is wrong about it. */
export function Field({
  label,
  hint,
  mistake,
  children,
}: {
  label: ComponentChildren;
  hint?: string | undefined;
  mistake?: string | undefined;
  children: (control: ControlProperties) => ComponentChildren;
}): JSX.Element {
  const id = useId();
  const notes = [hint === undefined ? '' : `${id}-hint`, mistake === undefined ? '' : `${id}-mistake`];
  const described = notes.filter((note) => note !== '').join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        ...(described === '' ? {} : { 'aria-describedby': described }),
        ...(mistake === undefined ? {} : { 'aria-invalid': 'true' }),
      })}
      {hint !== undefined && (
        <small id={`${id}-hint`} class="soft">
          {hint}
        </small>
      )}
      {mistake !== undefined && (
        <small id={`${id}-mistake`} class="mistake">
          {mistake}
        </small>
      )}
    </div>
  );
}

/** A group of radio buttons or checkboxes with its question. */
export function Group({ legend, children }: { legend: string; children: ComponentChildren }): JSX.Element {
  return (
    <fieldset class="group">
      <legend>{legend}</legend>
      {children}
    </fieldset>
  );
}

/** A radio button or a checkbox with its sentence. */
export function Choice({
  type,
  name,
  isChecked,
  onChoose,
  children,
}: {
  type: 'radio' | 'checkbox';
  name?: string;
  isChecked: boolean;
  onChoose: (isChecked: boolean) => void;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <label class="check">
      <input
        type={type}
        {...(name === undefined ? {} : { name })}
        checked={isChecked}
        onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}
