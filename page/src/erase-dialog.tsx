import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { OwnerEffectDialog, type OwnerDialogProperties } from './owner-effect-dialog.js';
import { TypedName } from './typed-name.js';

/** Erases the personal data of an owner for good, after it was said what that is, and after the id was typed. */
export function EraseDialog({
  onConfirm,
  ...dialog
}: OwnerDialogProperties & { onConfirm: () => void }): JSX.Element {
  const { say } = useSurroundings();
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  const { ownerId } = dialog.owner;

  function confirm(): void {
    const isRight = typed.trim() === ownerId.trim();
    setWrong(!isRight);
    if (isRight) onConfirm();
  }

  return (
    <OwnerEffectDialog
      {...dialog}
      title={say('eraseTitle', { name: ownerId })}
      intro={
        <>
          <div class="notice bad" role="note">
            <strong>{say('eraseIntro')}</strong>
          </div>
          <ul class="points">
            {(['eraseKeys', 'eraseData', 'eraseLogs', 'eraseStays'] as const).map((text) => (
              <li key={text}>{say(text)}</li>
            ))}
          </ul>
        </>
      }
      effect="willBeRefused"
      label={say('eraseNow')}
      isDanger
      onConfirm={confirm}
    >
      <TypedName
        label={say('typeOwner', { name: ownerId })}
        mistake={isWrong ? say('typeOwnerWrong') : undefined}
        typed={typed}
        onType={(next) => {
          setTyped(next);
          setWrong(false);
        }}
      />
    </OwnerEffectDialog>
  );
}
