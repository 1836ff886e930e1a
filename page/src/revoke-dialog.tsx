import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { DialogEnd } from './dialog-end.js';
import type { DialogProperties } from './disable-dialog.js';
import { Field } from './field.js';
import { Modal } from './modal.js';
import { TypedName } from './typed-name.js';
import { OptionalLabel } from './optional-label.js';

/** The reasons that the router knows. */
const reasons = [
  'unspecified',
  'keyCompromise',
  'cessationOfOperation',
  'superseded',
  'affiliationChanged',
  'privilegeWithdrawn',
] as const;

/** Revokes a key for good, after its name was typed. */
export function RevokeDialog({
  apiKey,
  isBusy,
  error,
  onClose,
  onConfirm,
}: DialogProperties & { onConfirm: (body: object) => void }): JSX.Element {
  const { say } = useSurroundings();
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState<string>('unspecified');
  const [comment, setComment] = useState('');
  const [isWrong, setWrong] = useState(false);
  return (
    <Modal title={say('revokeTitle', { name: apiKey.name })} onClose={onClose} isSafe={!isBusy}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const isRight = typed.trim() === apiKey.name.trim();
          setWrong(!isRight);
          if (!isRight) return;
          onConfirm({ reason, ...(comment.trim() === '' ? {} : { comment: comment.trim() }) });
        }}
      >
        <div class="notice bad" role="note">
          <strong>{say('revokeIntro')}</strong>
        </div>
        <Field label={say('reason')}>
          {(control) => (
            <select
              {...control}
              value={reason}
              onChange={({ currentTarget }) => setReason(currentTarget.value)}
            >
              {reasons.map((each) => (
                <option key={each} value={each}>
                  {say(each)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={<OptionalLabel text="comment" />}>
          {(control) => (
            <input
              {...control}
              maxLength={500}
              autocomplete="off"
              value={comment}
              onInput={({ currentTarget }) => setComment(currentTarget.value)}
            />
          )}
        </Field>
        <TypedName
          label={say('typeName', { name: apiKey.name })}
          mistake={isWrong ? say('typeNameWrong') : undefined}
          typed={typed}
          onType={(next) => {
            setTyped(next);
            setWrong(false);
          }}
        />
        <DialogEnd error={error} label={say('revokeNow')} isBusy={isBusy} isDanger onClose={onClose} />
      </form>
    </Modal>
  );
}
