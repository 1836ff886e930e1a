import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { CardTable } from './card-table.js';
import { useSurroundings } from './context.js';
import { Filters, FilterSelect, SearchField } from './filters.js';
import { OwnerLink } from './owner-link.js';
import { OwnerState } from './owner-state.js';
import { PagedList } from './paged-list.js';
import { PlaceLink } from './place-link.js';
import type { Owner } from './records.js';
import { usePages } from './use-pages.js';
import { useSettled } from './use-settled.js';
import { ViewTitle } from './view-title.js';

/** The owners about whom something is recorded, and a way to any other. */
export function OwnerList(): JSX.Element {
  const { say, formats, go } = useSurroundings();
  const [typed, setTyped] = useState('');
  const search = useSettled(typed);
  const [suspended, setSuspended] = useState('');
  // The router looks for no longer parts; an id that is longer can be opened.
  const owners = usePages<Owner>('/owners', { q: search.slice(0, 100), suspended });
  const isFiltered = search !== '' || suspended !== '';
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-owners')}</ViewTitle>
        <p class="soft">{say('ownersIntro')}</p>
      </header>
      <Filters
        onSubmit={() => {
          if (typed.trim() !== '') go({ view: 'owner', id: typed.trim() });
        }}
      >
        <SearchField label="ownerById" maxLength={200} isId typed={typed} onType={setTyped} />
        <button class="button">{say('open')}</button>
        <FilterSelect
          label="state"
          any="anyState"
          choices={[
            ['true', 'ownerSuspended'],
            ['false', 'ownerGood'],
          ]}
          chosen={suspended}
          onChoose={setSuspended}
        />
      </Filters>
      <PagedList
        pages={owners}
        empty={
          <>
            <strong>{say(isFiltered ? 'noEntries' : 'noOwners')}</strong>
            <p class="soft">{say('noOwnersHint')}</p>
            {search !== '' && (
              <PlaceLink place={{ view: 'owner', id: search }}>{say('openOwner', { id: search })}</PlaceLink>
            )}
          </>
        }
      >
        {(items, isStale) => (
          <CardTable
            label={say('view-owners')}
            items={items}
            isStale={isStale}
            keyOf={({ ownerId }) => ownerId}
            columns={[
              ['owner', ({ ownerId }) => <OwnerLink id={ownerId} />],
              ['state', (owner) => <OwnerState owner={owner} />],
              ['plan', ({ plan }) => <bdi>{plan ?? say('defaultPlan')}</bdi>],
              ['changedAt', ({ updatedAt }) => (updatedAt === null ? say('never') : formats.day(updatedAt))],
            ]}
          />
        )}
      </PagedList>
    </section>
  );
}
