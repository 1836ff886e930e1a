import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { Field } from './field.js';
import { OwnerEffectDialog, type OwnerDialogProperties } from './owner-effect-dialog.js';
import { OptionalLabel } from './optional-label.js';

/** Which keys will be refused, and the reason that is kept. */
export function SuspendDialog({
  onEdit,
  onConfirm,
  ...dialog
}: OwnerDialogProperties & { onConfirm: (body: object) => void }): JSX.Element {
  const { say } = useSurroundings();
  const [reason, setReason] = useState('');
  return (
    <OwnerEffectDialog
      {...dialog}
      title={say('suspendTitle', { name: dialog.owner.ownerId })}
      intro={<p>{say('suspendIntro')}</p>}
      effect="willBeRefused"
      label={say('suspendNow')}
      isDanger
      onConfirm={() => onConfirm(reason.trim() === '' ? {} : { suspensionReason: reason.trim() })}
    >
      <Field label={<OptionalLabel text="reason" />} hint={say('suspendReasonHint')}>
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
    </OwnerEffectDialog>
  );
}

/** Which keys will be accepted again. */
export function ResumeDialog(dialog: OwnerDialogProperties & { onConfirm: () => void }): JSX.Element {
  const { say } = useSurroundings();
  return (
    <OwnerEffectDialog
      {...dialog}
      title={say('resumeTitle', { name: dialog.owner.ownerId })}
      intro={<p>{say('resumeIntro')}</p>}
      effect="willBeAccepted"
      label={say('resumeNow')}
      isDanger={false}
    />
  );
}
