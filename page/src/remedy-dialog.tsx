import type { JSX } from 'preact';
import type { Answer } from './admin-client.js';
import { ChangedFields } from './changed-fields.js';
import { ConflictDialog } from './conflict-dialog.js';
import { useSurroundings } from './context.js';
import { DialogEnd } from './dialog-end.js';
import { Modal } from './modal.js';
import type { ApiKey, ChangedKey, PostureItem } from './records.js';
import { chooseRemedyText } from './remedy-text.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useChange } from './use-change.js';
import { useLoad } from './use-load.js';

interface RemedyProperties {
  readonly item: PostureItem;
  readonly onDone: (answer: Answer<ChangedKey>) => void;
  readonly onClose: () => void;
}

/** What will be done with a key, of which the list knows no version: it is read first. */
export function RemedyDialog(properties: RemedyProperties): JSX.Element {
  const { item, onClose } = properties;
  const { client, say } = useSurroundings();
  const path = `/keys/${encodeURIComponent(item.remedy.input.id)}`;
  const loaded = useLoad(path, (signal) => client.get<ApiKey>(path, {}, signal));
  if (loaded.value !== null) {
    return <LoadedRemedy {...properties} path={path} apiKey={loaded.value} onCurrent={loaded.set} />;
  }
  return (
    <Modal title={say(chooseRemedyText(item).title, { name: item.name })} onClose={onClose}>
      {loaded.isLoading ? <Loading /> : <LoadTrouble error={loaded.error} onRetry={loaded.reload} />}
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {say('cancel')}
        </button>
      </div>
    </Modal>
  );
}

function LoadedRemedy({
  item,
  path,
  apiKey,
  onCurrent,
  onDone,
  onClose,
}: RemedyProperties & {
  path: string;
  apiKey: ApiKey;
  onCurrent: (apiKey: ApiKey) => void;
}): JSX.Element {
  const { client, say } = useSurroundings();
  const change = useChange<ApiKey, ChangedKey>(path, apiKey, onCurrent);
  const { remedy } = item;
  const texts = chooseRemedyText(item);

  function confirm(): void {
    change.run({
      onDone,
      send: (version, attempt) =>
        client.send(remedy.method, remedy.path, {
          ...{ body: remedy.body, version },
          // Only of a rotation it matters that it is made once.
          ...(remedy.command === 'rotate' ? { attempt } : {}),
        }),
    });
  }

  if (change.conflict !== null) {
    return (
      <ConflictDialog
        conflict={change.conflict}
        title="conflictTitle"
        goOnLabel="conflictGo"
        isFinal={change.conflict.current.state === 'revoked'}
        isBusy={change.isBusy}
        onClose={onClose}
      />
    );
  }
  return (
    <Modal title={say(texts.title, { name: apiKey.name })} onClose={onClose} isSafe={!change.isBusy}>
      <p>{say(texts.intro)}</p>
      {remedy.command === 'update' && <ChangedFields apiKey={apiKey} changes={remedy.body} />}
      <DialogEnd
        error={change.error}
        label={say(remedy.command === 'revoke' ? 'revokeNow' : texts.action)}
        isBusy={change.isBusy}
        isDanger={remedy.command === 'revoke'}
        onConfirm={confirm}
        onClose={onClose}
      />
    </Modal>
  );
}
