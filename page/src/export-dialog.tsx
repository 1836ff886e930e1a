import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { collectOwnerData } from './collect-owner-data.js';
import { useSurroundings } from './context.js';
import { DialogEnd } from './dialog-end.js';
import { Modal } from './modal.js';
import { saveFile, toFileName } from './save-file.js';

/** Saves what is stored about an owner as a file, after it was said what is in it. */
export function ExportDialog({ ownerId, onClose }: { ownerId: string; onClose: () => void }): JSX.Element {
  const { client, say, formats, announce } = useSurroundings();
  const [isBusy, setBusy] = useState(false);
  const [told, setTold] = useState('');
  const [error, setError] = useState<unknown>(null);
  const abort = useRef(new AbortController());
  // Who closes the dialog wants no file any more.
  useEffect(() => () => abort.current.abort(), []);

  async function run(): Promise<void> {
    const { signal } = abort.current;
    setBusy(true);
    setError(null);
    let read = 0;
    try {
      const parts = await collectOwnerData(
        client,
        ownerId,
        (count) => {
          read = count;
          setTold(say('exportRead', { count: formats.number(count) }));
        },
        signal,
      );
      if (signal.aborted) return;
      const file = `owner-${toFileName(ownerId) || 'data'}.json`;
      saveFile(file, parts, 'application/json');
      const text = say('exportDone', { file, count: formats.number(read) });
      setTold(text);
      announce(text);
    } catch (problem) {
      if (signal.aborted) return;
      setTold('');
      setError(problem);
    }
    setBusy(false);
  }

  return (
    <Modal title={say('exportTitle', { name: ownerId })} onClose={onClose}>
      <p>{say('exportIntro')}</p>
      <p class="soft">{say('exportHint')}</p>
      <p class="told">{told}</p>
      <DialogEnd
        error={error}
        label={say('exportNow')}
        isReady={!isBusy}
        onConfirm={() => void run()}
        closeLabel={say('close')}
        onClose={onClose}
      />
    </Modal>
  );
}
