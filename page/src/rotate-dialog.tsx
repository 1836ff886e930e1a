import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { DialogEnd } from './dialog-end.js';
import type { DialogProperties } from './disable-dialog.js';
import { Choice, Group } from './field.js';
import { Modal } from './modal.js';
import { overlapKinds, overlapSeconds, toRotationBody, type Overlap } from './overlap.js';
import { RotationTimeLine } from './rotation-time-line.js';

/** What becomes of the old secret, drawn as it is chosen. */
export function RotateDialog({
  apiKey,
  isBusy,
  error,
  onClose,
  onEdit,
  onConfirm,
}: DialogProperties & { onEdit: () => void; onConfirm: (body: object) => void }): JSX.Element {
  const { say, formats } = useSurroundings();
  const [overlap, setOverlap] = useState<Overlap>({ kind: 'overlapFixed', seconds: 86_400 });
  const group = useId();
  function choose(part: Partial<Overlap>): void {
    onEdit();
    setOverlap((before) => ({ ...before, ...part }));
  }
  return (
    <Modal title={say('rotateTitle', { name: apiKey.name })} onClose={onClose} isSafe={!isBusy}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm(toRotationBody(overlap));
        }}
      >
        <Group legend={say('rotateIntro')}>
          {overlapKinds.map((kind) => (
            <Choice
              key={kind}
              type="radio"
              name={group}
              isChecked={overlap.kind === kind}
              onChoose={() => choose({ kind })}
            >
              {say(kind)}
              <small class="soft">{say(`${kind}Hint`)}</small>
            </Choice>
          ))}
        </Group>
        {overlap.kind !== 'overlapNone' && (
          <label class="field">
            <span>{say('overlapFor')}</span>
            <select
              value={String(overlap.seconds)}
              onChange={({ currentTarget }) => choose({ seconds: Number(currentTarget.value) })}
            >
              {overlapSeconds.map((seconds) => (
                <option key={seconds} value={String(seconds)}>
                  {formats.span(seconds)}
                </option>
              ))}
            </select>
          </label>
        )}
        <RotationTimeLine overlap={overlap} keyEnd={apiKey.expiresAt} />
        <DialogEnd error={error} label={say('rotateNow')} isBusy={isBusy} onClose={onClose} />
      </form>
    </Modal>
  );
}
