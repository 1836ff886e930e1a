import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from './admin-client.js';
import { ChildKeys } from './child-keys.js';
import { useSurroundings } from './context.js';
import { DoneNotice, type Done } from './done-notice.js';
import { KeyActions } from './key-actions.js';
import { KeyDetails } from './key-details.js';
import { KeySecrets } from './key-secrets.js';
import { KeyState } from './key-state.js';
import { KeyTrail } from './key-trail.js';
import { KeyUsage } from './key-usage.js';
import { NewSecret } from './new-secret.js';
import { PlaceLink } from './place-link.js';
import type { ApiKey, ChangedKey } from './records.js';
import type { TextName } from './texts-english.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';
import { ViewTitle } from './view-title.js';

/** Everything about one key. */
export function KeyPage({ id }: { id: string }): JSX.Element {
  const { client, say } = useSurroundings();
  const loaded = useLoad(id, (signal) => client.get<ApiKey>(`/keys/${encodeURIComponent(id)}`, {}, signal));
  return (
    <section class="view">
      <PlaceLink place={{ view: 'list' }} className="link back">
        {say('back')}
      </PlaceLink>
      {loaded.value !== null ? (
        <LoadedKey apiKey={loaded.value} onChange={loaded.set} />
      ) : loaded.isLoading ? (
        <Loading />
      ) : (
        <LoadTrouble error={loaded.error} onRetry={loaded.reload} />
      )}
    </section>
  );
}

function LoadedKey({
  apiKey,
  onChange,
}: {
  apiKey: ApiKey;
  onChange: (apiKey: ApiKey) => void;
}): JSX.Element {
  const { say, announce, showSecret, showNote } = useSurroundings();
  const [done, setDone] = useState<Done | null>(null);

  /** Only here, after the answer, anything is shown as done. */
  function take({ body }: Answer<ChangedKey>, text: TextName, makesSecret: boolean): void {
    const { key, effectiveBy = null, ...record } = body;
    onChange(record);
    setDone({ text, effectiveBy });
    announce(say(text));
    if (key !== undefined) showSecret(new NewSecret(key, record.name));
    else if (makesSecret && record.publicKey === null) showNote(say('rotatedLost'));
  }

  return (
    <>
      <header class="head">
        <div>
          <ViewTitle>
            <bdi>{apiKey.name}</bdi>
          </ViewTitle>
          <p class="sub">
            <KeyState apiKey={apiKey} />
            <code class="hint" translate={false}>
              {apiKey.hint}
            </code>
          </p>
        </div>
        <KeyActions apiKey={apiKey} onDone={take} onCurrent={onChange} />
      </header>
      {done !== null && <DoneNotice done={done} />}
      {apiKey.description !== null && <p class="description">{apiKey.description}</p>}
      <div class="columns">
        <div>
          <KeyUsage apiKey={apiKey} />
          <KeySecrets apiKey={apiKey} />
          <ChildKeys parent={apiKey} />
          <KeyTrail apiKey={apiKey} />
        </div>
        <KeyDetails apiKey={apiKey} />
      </div>
    </>
  );
}
