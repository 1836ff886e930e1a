import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ChangedFields } from './changed-fields.js';
import { useSurroundings } from './context.js';
import { DialogEnd } from './dialog-end.js';
import type { DialogProperties } from './disable-dialog.js';
import { EditableFields } from './draft-fields.js';
import { Field } from './field.js';
import { findMistakes, type KeyDraft } from './key-draft.js';
import { listChanges, toDraft } from './key-edit.js';
import { Modal } from './modal.js';
import type { Grantable } from './records.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';
import { OptionalLabel } from './optional-label.js';

type EditProperties = DialogProperties & { readonly onConfirm: (changes: object) => void };

/** Changes everything of a key that can be changed, apart from whether it is enabled. */
export function EditDialog(properties: EditProperties): JSX.Element {
  const { apiKey, isBusy, onClose } = properties;
  const { client, say } = useSurroundings();
  const grantable = useLoad('grantable', (signal) => client.get<Grantable>('/grantable', {}, signal));
  return (
    <Modal title={say('editTitle', { name: apiKey.name })} onClose={onClose} isSafe={!isBusy}>
      {grantable.value !== null ? (
        <EditForm {...properties} grantable={grantable.value} />
      ) : grantable.isLoading ? (
        <Loading />
      ) : (
        <LoadTrouble error={grantable.error} onRetry={grantable.reload} />
      )}
    </Modal>
  );
}

function EditForm({
  apiKey,
  isBusy,
  error,
  grantable,
  onClose,
  onConfirm,
}: EditProperties & { grantable: Grantable }): JSX.Element {
  const { say, formats } = useSurroundings();
  const [draft, setDraft] = useState<KeyDraft>(() => toDraft(apiKey));
  const [isChecked, setChecked] = useState(false);
  const [rounds, setRounds] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const found = findMistakes(draft, grantable, false, say, formats);
  const mistakes = isChecked ? found : {};
  const changes = listChanges(draft, apiKey, grantable);
  const isChanged = Object.keys(changes).length > 0;
  const change = (part: Partial<KeyDraft>): void => setDraft((before) => ({ ...before, ...part }));

  // The first field that is wrong takes the focus, after its sentence is there.
  useEffect(() => {
    if (rounds > 0) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [rounds]);

  return (
    <form
      ref={form}
      class="long"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if (Object.keys(found).length > 0) setRounds((before) => before + 1);
        else onConfirm(changes);
      }}
    >
      <Field label={say('name')} mistake={mistakes.name}>
        {(control) => (
          <input
            {...control}
            maxLength={100}
            autocomplete="off"
            required
            value={draft.name}
            onInput={({ currentTarget }) => change({ name: currentTarget.value })}
          />
        )}
      </Field>
      <Field label={<OptionalLabel text="description" />}>
        {(control) => (
          <textarea
            {...control}
            rows={2}
            maxLength={500}
            value={draft.description}
            onInput={({ currentTarget }) => change({ description: currentTarget.value })}
          />
        )}
      </Field>
      <EditableFields
        draft={draft}
        grantable={grantable}
        mistakes={mistakes}
        before={apiKey}
        onChange={change}
      />
      {isChanged ? (
        <ChangedFields apiKey={apiKey} changes={changes} />
      ) : (
        <p class="soft">{say('editNothing')}</p>
      )}
      <DialogEnd error={error} label={say('editNow')} isBusy={isBusy} isReady={isChanged} onClose={onClose} />
    </form>
  );
}
