import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { ChangeTrouble } from './trouble.js';

/** The end of a dialog: why it was not done, what it is for, and the way out. */
export function DialogEnd({
  error,
  label,
  isBusy = false,
  isReady = true,
  isDanger = false,
  closeLabel,
  onConfirm,
  onClose,
}: {
  /** What the change has failed with; `null`: nothing. */
  error: unknown;
  label: string;
  isBusy?: boolean;
  /** Whether all is known that the person has to see before. */
  isReady?: boolean;
  /** Whether it takes something away. */
  isDanger?: boolean;
  /** Where closing takes nothing back. */
  closeLabel?: string;
  /** Without it, the button sends the form that it is in. */
  onConfirm?: () => void;
  onClose: () => void;
}): JSX.Element {
  const { say } = useSurroundings();
  return (
    <>
      <ChangeTrouble error={error} />
      <div class="actions">
        <button
          type={onConfirm === undefined ? 'submit' : 'button'}
          class={`button ${isDanger ? 'danger solid' : 'primary'}`}
          disabled={isBusy || !isReady}
          onClick={onConfirm}
        >
          {label}
        </button>
        <button type="button" class="button" disabled={isBusy} onClick={onClose}>
          {closeLabel ?? say('cancel')}
        </button>
      </div>
    </>
  );
}
