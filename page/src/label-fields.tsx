import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { DraftProperties } from './draft-fields.js';
import { Field } from './field.js';
import { OptionalLabel } from './optional-label.js';

/** What keys are found by, and for admins the data that the app keeps with a key. */
export function LabelFields({ draft, mistakes, onChange }: DraftProperties): JSX.Element {
  const { caller, say } = useSurroundings();
  return (
    <>
      <Field label={<OptionalLabel text="tags" />} hint={say('tagsHint')} mistake={mistakes.tags}>
        {(control) => (
          <input
            {...control}
            autocomplete="off"
            value={draft.tags}
            onInput={({ currentTarget }) => onChange({ tags: currentTarget.value })}
          />
        )}
      </Field>
      {caller.kind === 'admin' && (
        <Field
          label={<OptionalLabel text="metadataLabel" />}
          hint={say('metadataHint')}
          mistake={mistakes.metadata}
        >
          {(control) => (
            <textarea
              {...control}
              class="json"
              rows={3}
              spellcheck={false}
              value={draft.metadata}
              onInput={({ currentTarget }) => onChange({ metadata: currentTarget.value })}
            />
          )}
        </Field>
      )}
    </>
  );
}
