import type { ComponentChildren, JSX } from 'preact';
import { DialogEnd } from './dialog-end.js';
import { KeysEffect, useActiveKeys } from './keys-effect.js';
import { Modal } from './modal.js';
import type { OwnerWithCredits } from './records.js';

/** What every dialog about an owner gets. */
export interface OwnerDialogProperties {
  readonly owner: OwnerWithCredits;
  readonly isBusy: boolean;
  readonly error: unknown;
  /** Called when the change becomes another one than was tried. */
  readonly onEdit: () => void;
  readonly onClose: () => void;
}

/** A change of an owner that all of its keys feel: it can be confirmed once they are shown. */
export function OwnerEffectDialog({
  owner,
  title,
  intro,
  effect,
  label,
  isDanger,
  isBusy,
  error,
  onConfirm,
  onClose,
  children,
}: Omit<OwnerDialogProperties, 'onEdit'> & {
  title: string;
  /** What it does, above the keys. */
  intro: ComponentChildren;
  effect: 'willBeRefused' | 'willBeAccepted';
  label: string;
  isDanger: boolean;
  onConfirm: () => void;
  /** What has to be filled in, below the keys. */
  children?: ComponentChildren;
}): JSX.Element {
  const keys = useActiveKeys(owner);
  return (
    <Modal title={title} onClose={onClose} isSafe={!isBusy}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        {intro}
        <KeysEffect keys={keys} text={effect} />
        {children}
        <DialogEnd
          error={error}
          label={label}
          isBusy={isBusy}
          isReady={keys.value !== null}
          isDanger={isDanger}
          onClose={onClose}
        />
      </form>
    </Modal>
  );
}
