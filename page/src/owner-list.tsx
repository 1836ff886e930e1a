import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { OwnerLink } from './owner-link.js';
import { OwnerState } from './owner-state.js';
import { PagedList } from './paged-list.js';
import { PlaceLink } from './place-link.js';
import type { Owner } from './records.js';
import { usePages } from './use-pages.js';
import { ViewTitle } from './view-title.js';

/** The owners about whom something is recorded, and a way to any other. */
export function OwnerList(): JSX.Element {
  const { say, go } = useSurroundings();
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  const [suspended, setSuspended] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  // The router looks for no longer parts; an id that is longer can be opened.
  const owners = usePages<Owner>('/owners', { q: search.slice(0, 100), suspended, limit: '50' });
  const isFiltered = search !== '' || suspended !== '';
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-owners')}</ViewTitle>
        <p class="soft">{say('ownersIntro')}</p>
      </header>
      <form
        class="filters"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== '') go({ view: 'owner', id: typed.trim() });
        }}
      >
        <label class="field grow">
          <span>{say('ownerById')}</span>
          <input
            type="search"
            maxLength={200}
            autocapitalize="off"
            spellcheck={false}
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </label>
        <button class="button">{say('open')}</button>
        <label class="field">
          <span>{say('state')}</span>
          <select value={suspended} onChange={({ currentTarget }) => setSuspended(currentTarget.value)}>
            <option value="">{say('anyState')}</option>
            <option value="true">{say('ownerSuspended')}</option>
            <option value="false">{say('ownerGood')}</option>
          </select>
        </label>
      </form>
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
        {(items, isStale) => <OwnerTable owners={items} isStale={isStale} />}
      </PagedList>
    </section>
  );
}

function OwnerTable({ owners, isStale }: { owners: readonly Owner[]; isStale: boolean }): JSX.Element {
  const { say, formats } = useSurroundings();
  return (
    <table
      class={`cards ${isStale ? 'stale' : ''}`}
      role="table"
      part="table"
      aria-label={say('view-owners')}
    >
      <thead role="rowgroup">
        <tr role="row">
          {(['owner', 'state', 'plan', 'changedAt'] as const).map((column) => (
            <th key={column} role="columnheader" scope="col">
              {say(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {owners.map((owner) => (
          <tr key={owner.ownerId} role="row">
            <th role="rowheader" scope="row">
              <OwnerLink id={owner.ownerId} />
            </th>
            <td role="cell" data-label={say('state')}>
              <OwnerState owner={owner} />
            </td>
            <td role="cell" data-label={say('plan')}>
              <bdi>{owner.plan ?? say('defaultPlan')}</bdi>
            </td>
            <td role="cell" data-label={say('changedAt')}>
              {owner.updatedAt === null ? say('never') : formats.day(owner.updatedAt)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
