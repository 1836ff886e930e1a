import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { DialogButtons } from './dialog-buttons.js';
import { Field } from './field.js';
import { KeysEffect, useActiveKeys } from './keys-effect.js';
import { Modal } from './modal.js';
import type { OwnerWithCredits } from './records.js';
import { ChangeTrouble } from './trouble.js';

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
