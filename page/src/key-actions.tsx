import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from './admin-client.js';
import { ConflictDialog } from './conflict-dialog.js';
import { useSurroundings } from './context.js';
import { DisableDialog } from './disable-dialog.js';
import { EditDialog } from './edit-dialog.js';
import type { ApiKey, ChangedKey } from './records.js';
import { RevokeDialog } from './revoke-dialog.js';
import { RotateDialog } from './rotate-dialog.js';
import type { TextName } from './texts-english.js';
import { ChangeTrouble } from './trouble.js';
import { useChange, type Change } from './use-change.js';

type Open = 'edit' | 'rotate' | 'disable' | 'revoke';

/** What can be done with a key, by this person and in its state. */
export function KeyActions({
  apiKey,
  onDone,
  onCurrent,
}: {
  apiKey: ApiKey;
  onDone: (answer: Answer<ChangedKey>, text: TextName, makesSecret: boolean) => void;
  onCurrent: (apiKey: ApiKey) => void;
}): JSX.Element | null {
  const { client, caller, say } = useSurroundings();
  const [open, setOpen] = useState<Open | null>(null);
  const path = `/keys/${encodeURIComponent(apiKey.id)}`;
  const change = useChange<ApiKey, ChangedKey>(path, apiKey, onCurrent);
  if (apiKey.state === 'revoked') return null;
  const may = (operation: string): boolean => caller.may.includes(operation);

  function show(next: Open | null): void {
    change.reset();
    setOpen(next);
  }
  function start(text: TextName, send: Change<ChangedKey>['send']): void {
    change.run({
      send,
      onDone: (answer) => {
        setOpen(null);
        onDone(answer, text, text === 'rotatedDone');
      },
    });
  }
  const enable = (isEnabled: boolean): void => {
    start(isEnabled ? 'enabledDone' : 'disabledDone', (version) =>
      client.send('PATCH', path, { body: { enabled: isEnabled }, version }),
    );
  };
  const dialog = { apiKey, isBusy: change.isBusy, error: change.error, onClose: () => show(null) };

  return (
    <div class="actions">
      {may('update') && (
        <button type="button" class="button" onClick={() => show('edit')}>
          {say('edit')}
        </button>
      )}
      {may('rotate') && apiKey.publicKey === null && (
        <button type="button" class="button" onClick={() => show('rotate')}>
          {say('rotate')}
        </button>
      )}
      {may('update') && (
        <button
          type="button"
          class="button"
          disabled={change.isBusy}
          onClick={() => (apiKey.enabled ? show('disable') : enable(true))}
        >
          {say(apiKey.enabled ? 'disable' : 'enable')}
        </button>
      )}
      {may('revoke') && (
        <button type="button" class="button danger" onClick={() => show('revoke')}>
          {say('revoke')}
        </button>
      )}
      {open === null && <ChangeTrouble error={change.error} />}
      {change.conflict !== null ? (
        <ConflictDialog
          conflict={change.conflict}
          title="conflictTitle"
          goOnLabel="conflictGo"
          isFinal={change.conflict.current.state === 'revoked'}
          isBusy={change.isBusy}
          onClose={() => show(null)}
        />
      ) : open === 'edit' ? (
        <EditDialog
          {...dialog}
          onConfirm={(body) => {
            start('updatedDone', (version) => client.send('PATCH', path, { body, version }));
          }}
        />
      ) : open === 'rotate' ? (
        <RotateDialog
          {...dialog}
          onEdit={change.reset}
          onConfirm={(body) => {
            start('rotatedDone', (version, attempt) =>
              client.send('POST', `${path}/rotate`, { body, version, attempt }),
            );
          }}
        />
      ) : open === 'disable' ? (
        <DisableDialog {...dialog} onConfirm={() => enable(false)} />
      ) : open === 'revoke' ? (
        <RevokeDialog
          {...dialog}
          onConfirm={(body) => {
            start('revokedDone', (version) => client.send('POST', `${path}/revoke`, { body, version }));
          }}
        />
      ) : null}
    </div>
  );
}
