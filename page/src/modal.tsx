import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/** A modal dialog: the browser keeps the focus in it and gives it back afterwards. `onClose` is called for Escape as well. */
export function Modal({
  title,
  onClose,
  isSafe = true,
  children,
}: {
  title: string;
  onClose: () => void;
  /** Whether Escape may close it: not while a request is under way. */
  isSafe?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  /** The browser may close a dialog by itself, when Escape is pressed twice. */
  const isOpen = useRef(true);
  useEffect(() => {
    const shown = dialog.current;
    const before = (shown?.getRootNode() as ShadowRoot | undefined)?.activeElement;
    shown?.showModal();
    return () => {
      isOpen.current = false;
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      part="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (isSafe) onClose();
      }}
      onClose={() => {
        if (isOpen.current) onClose();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  );
}
