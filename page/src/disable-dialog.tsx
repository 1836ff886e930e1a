import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { DialogEnd } from './dialog-end.js';
import { Modal } from './modal.js';
import type { ApiKey } from './records.js';

export interface DialogProperties {
  readonly apiKey: ApiKey;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onClose: () => void;
}

/** Asks before a key is disabled: programs that use it are refused at once. */
export function DisableDialog({
  apiKey,
  isBusy,
  error,
  onClose,
  onConfirm,
}: DialogProperties & { onConfirm: () => void }): JSX.Element {
  const { say } = useSurroundings();
  return (
    <Modal title={say('disableTitle', { name: apiKey.name })} onClose={onClose} isSafe={!isBusy}>
      <p>{say('disableIntro')}</p>
      <DialogEnd
        error={error}
        label={say('disable')}
        isBusy={isBusy}
        onConfirm={onConfirm}
        onClose={onClose}
      />
    </Modal>
  );
}
