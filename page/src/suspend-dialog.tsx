import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { DialogButtons } from './dialog-buttons.js';
import { Field } from './field.js';
import { Modal } from './modal.js';
import type { ApiKey, OwnerWithCredits, Page } from './records.js';
import type { TextName } from './texts-english.js';
import { ChangeTrouble, Loading, LoadTrouble } from './trouble.js';
import { useLoad, type Loaded } from './use-load.js';

export interface OwnerDialogProperties {
  readonly owner: OwnerWithCredits;
  readonly isBusy: boolean;
  readonly error: unknown;
  /** Called when the change becomes another one than was tried. */
  readonly onEdit: () => void;
  readonly onClose: () => void;
}

/** Which keys will be refused, and the reason that is kept. */
export function SuspendDialog({
  owner,
  isBusy,
  error,
  onEdit,
  onClose,
  onConfirm,
}: OwnerDialogProperties & { onConfirm: (body: object) => void }): JSX.Element {
  const { say } = useSurroundings();
  const [reason, setReason] = useState('');
  const keys = useActiveKeys(owner);
  return (
    <Modal title={say('suspendTitle', { name: owner.ownerId })} onClose={onClose} isSafe={!isBusy}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm(reason.trim() === '' ? {} : { suspensionReason: reason.trim() });
        }}
      >
        <p>{say('suspendIntro')}</p>
        <KeysEffect keys={keys} text="willBeRefused" />
        <Field
          label={
            <>
              {say('reason')} <span class="soft">({say('optional')})</span>
            </>
          }
          hint={say('suspendReasonHint')}
        >
          {(control) => (
            <textarea
              {...control}
              rows={2}
              maxLength={500}
              value={reason}
              onInput={({ currentTarget }) => {
                onEdit();
                setReason(currentTarget.value);
              }}
            />
          )}
        </Field>
        <ChangeTrouble error={error} />
        <DialogButtons
          label={say('suspendNow')}
          isBusy={isBusy}
          isReady={keys.value !== null}
          isDanger
          onClose={onClose}
        />
      </form>
    </Modal>
  );
}

/** Which keys will be accepted again. */
export function ResumeDialog({
  owner,
  isBusy,
  error,
  onClose,
  onConfirm,
}: OwnerDialogProperties & { onConfirm: () => void }): JSX.Element {
  const { say } = useSurroundings();
  const keys = useActiveKeys(owner);
  return (
    <Modal title={say('resumeTitle', { name: owner.ownerId })} onClose={onClose} isSafe={!isBusy}>
      <p>{say('resumeIntro')}</p>
      <KeysEffect keys={keys} text="willBeAccepted" />
      <ChangeTrouble error={error} />
      <DialogButtons
        label={say('resumeNow')}
        isBusy={isBusy}
        isReady={keys.value !== null}
        onConfirm={onConfirm}
        onClose={onClose}
      />
    </Modal>
  );
}

const namesShown = 5;

function KeysEffect({ keys, text }: { keys: Loaded<Page<ApiKey>>; text: TextName }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { value } = keys;
  if (value === null) {
    return keys.isLoading ? <Loading /> : <LoadTrouble error={keys.error} onRetry={keys.reload} />;
  }
  const { items, nextCursor } = value;
  const count = formats.number(items.length);
  return (
    <section class="summary" aria-label={say('effect')}>
      <strong>{say(text, { count: nextCursor === null ? count : say('atLeast', { count }) })}</strong>
      {items.length > 0 && (
        <ul>
          {items.slice(0, namesShown).map(({ id, name, hint }) => (
            <li key={id}>
              <bdi>{name}</bdi> <code class="hint">{hint}</code>
            </li>
          ))}
          {items.length > namesShown && <li aria-hidden="true">…</li>}
        </ul>
      )}
    </section>
  );
}

/** The keys of an owner that a suspension concerns: those that are revoked, disabled or over are refused anyhow. */
function useActiveKeys({ ownerId }: OwnerWithCredits): Loaded<Page<ApiKey>> {
  const { client } = useSurroundings();
  return useLoad(ownerId, (signal) =>
    client.get<Page<ApiKey>>('/keys', { ownerId, state: 'active', limit: '100' }, signal),
  );
}
