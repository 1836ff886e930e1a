import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from './admin-client.js';
import { useSurroundings } from './context.js';
import { DoneNotice, type Done } from './done-notice.js';
import { ErasureNotice } from './erasure-notice.js';
import { KeyTable } from './key-table.js';
import { OwnerActions } from './owner-actions.js';
import { OwnerDetails } from './owner-details.js';
import { OwnerState } from './owner-state.js';
import { PagedList } from './paged-list.js';
import { PlaceLink } from './place-link.js';
import type { ApiKey, ChangedOwner, ErasureReport, OwnerWithCredits } from './records.js';
import type { TextName } from './texts-english.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';
import { usePages } from './use-pages.js';
import { ViewTitle } from './view-title.js';

/** Everything about one owner, for admins. */
export function OwnerPage({ id }: { id: string }): JSX.Element {
  const { client, say } = useSurroundings();
  const path = `/owners/${encodeURIComponent(id)}`;
  const loaded = useLoad(path, (signal) => client.get<OwnerWithCredits>(path, {}, signal));
  return (
    <section class="view">
      <PlaceLink place={{ view: 'owners' }} className="link back">
        {say('backToOwners')}
      </PlaceLink>
      {loaded.value !== null && loaded.error !== null && !loaded.isLoading && (
        <>
          <LoadTrouble error={loaded.error} onRetry={loaded.reload} />
          <p class="soft">{say('outdated')}</p>
        </>
      )}
      {loaded.value !== null ? (
        <LoadedOwner owner={loaded.value} onChange={loaded.set} onReload={loaded.reload} />
      ) : loaded.isLoading ? (
        <Loading />
      ) : (
        <LoadTrouble error={loaded.error} onRetry={loaded.reload} />
      )}
    </section>
  );
}

function LoadedOwner({
  owner,
  onChange,
  onReload,
}: {
  owner: OwnerWithCredits;
  onChange: (owner: OwnerWithCredits) => void;
  onReload: () => void;
}): JSX.Element {
  const { say, announce } = useSurroundings();
  const [done, setDone] = useState<Done | null>(null);
  const [erased, setErased] = useState<ErasureReport | null>(null);

  /** Only here, after the answer, anything is shown as done. */
  function take({ body }: Answer<ChangedOwner>, text: TextName): void {
    const { effectiveBy = null, ...record } = body;
    onChange({ ...record, credits: owner.credits });
    setErased(null);
    setDone({ text, effectiveBy });
    announce(say(text));
    // What another plan leaves of the credits is not in the answer.
    onReload();
  }

  function takeErasure(report: ErasureReport): void {
    setDone(null);
    setErased(report);
    announce(say('erasedDone'));
    onReload();
  }

  return (
    <>
      <header class="head">
        <div>
          <ViewTitle>
            <bdi>{owner.ownerId}</bdi>
          </ViewTitle>
          <p class="sub">
            <OwnerState owner={owner} />
            <span class="soft">{owner.plan ?? say('defaultPlan')}</span>
          </p>
        </div>
        <OwnerActions owner={owner} onDone={take} onErased={takeErasure} onCurrent={onChange} />
      </header>
      {done !== null && <DoneNotice done={done} />}
      {erased !== null && <ErasureNotice report={erased} />}
      <div class="columns">
        <OwnerKeys key={erased} owner={owner} />
        <OwnerDetails owner={owner} />
      </div>
    </>
  );
}

function OwnerKeys({ owner }: { owner: OwnerWithCredits }): JSX.Element {
  const { say } = useSurroundings();
  const keys = usePages<ApiKey>('/keys', { ownerId: owner.ownerId });
  return (
    <section class="panel" part="keys" aria-label={say('ownerKeys')}>
      <h3>{say('ownerKeys')}</h3>
      <PagedList
        pages={keys}
        shown={['countShown', 'countShownMore']}
        more="showMore"
        empty={<strong>{say('noKeys')}</strong>}
      >
        {(items, isStale) => <KeyTable keys={items} isStale={isStale} isOfOneOwner />}
      </PagedList>
    </section>
  );
}
