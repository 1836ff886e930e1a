import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { DialogButtons } from './dialog-buttons.js';
import { KeysEffect, useActiveKeys } from './keys-effect.js';
import { Modal } from './modal.js';
import type { OwnerDialogProperties } from './suspend-dialog.js';
import { ChangeTrouble } from './trouble.js';
import { TypedName } from './typed-name.js';

/** Erases the personal data of an owner for good, after it was said what that is, and after the id was typed. */
export function EraseDialog({
  owner,
  isBusy,
  error,
  onClose,
  onConfirm,
}: OwnerDialogProperties & { onConfirm: () => void }): JSX.Element {
  const { say } = useSurroundings();
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  const keys = useActiveKeys(owner);
  const { ownerId } = owner;
  return (
    <Modal title={say('eraseTitle', { name: ownerId })} onClose={onClose} isSafe={!isBusy}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const isRight = typed.trim() === ownerId.trim();
          setWrong(!isRight);
          if (isRight) onConfirm();
        }}
      >
        <div class="notice bad" role="note">
          <strong>{say('eraseIntro')}</strong>
        </div>
        <ul class="points">
          {(['eraseKeys', 'eraseData', 'eraseLogs', 'eraseStays'] as const).map((text) => (
            <li key={text}>{say(text)}</li>
          ))}
        </ul>
        <KeysEffect keys={keys} text="willBeRefused" />
        <TypedName
          label={say('typeOwner', { name: ownerId })}
          mistake={isWrong ? say('typeOwnerWrong') : undefined}
          typed={typed}
          onType={(next) => {
            setTyped(next);
            setWrong(false);
          }}
        />
        <ChangeTrouble error={error} />
        <DialogButtons
          label={say('eraseNow')}
          isBusy={isBusy}
          isReady={keys.value !== null}
          isDanger
          onClose={onClose}
        />
      </form>
    </Modal>
  );
}
