import type { JSX } from 'preact';
import { useSurroundings } from './context.js';

/** The end of a dialog: what it is for, and the way out. */
export function DialogButtons({
  label,
  isBusy = false,
  isReady = true,
  isDanger = false,
  closeLabel,
  onConfirm,
  onClose,
}: {
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
  );
}
