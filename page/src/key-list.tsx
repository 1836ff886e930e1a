import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { AttentionList } from './attention-list.js';
import { useSurroundings } from './context.js';
import { Filters, FilterSelect, SearchField } from './filters.js';
import { KeyTable } from './key-table.js';
import { PagedList } from './paged-list.js';
import { PlanUse } from './plan-use.js';
import { PlaceLink } from './place-link.js';
import type { ApiKey, KeyState as State } from './records.js';
import { usePages } from './use-pages.js';
import { useSettled } from './use-settled.js';
import { ViewTitle } from './view-title.js';

const states: readonly State[] = ['active', 'disabled', 'expired', 'revoked'];
const orders = ['sortNewest', 'sortName', 'sortUsed', 'sortEnd'] as const;
type Order = (typeof orders)[number];

/** All keys that the person may see. */
export function KeyList(): JSX.Element {
  const { caller, say } = useSurroundings();
  const [typed, setTyped] = useState('');
  const search = useSettled(typed);
  const [state, setState] = useState('');
  const [order, setOrder] = useState<Order>('sortNewest');

  const keys = usePages<ApiKey>('/keys', { q: search, state });
  const isFiltered = search !== '' || state !== '';
  const mayCreate = caller.may.includes('create');

  return (
    <section class="view">
      <header class="head">
        <div>
          <ViewTitle>{say('title')}</ViewTitle>
          <p class="soft">{say(caller.kind === 'admin' ? 'introAdmin' : 'intro')}</p>
          <PlanUse />
        </div>
        {mayCreate && (
          <PlaceLink place={{ view: 'create' }} className="button primary">
            {say('createKey')}
          </PlaceLink>
        )}
      </header>
      {caller.suspendedAt !== null && (
        <div class="notice bad" role="note">
          <strong>{say('suspended')}</strong>
        </div>
      )}
      <AttentionList />
      <Filters>
        <SearchField label="search" maxLength={100} typed={typed} onType={setTyped} />
        <FilterSelect
          label="state"
          any="anyState"
          choices={states.map((each) => [each, each] as const)}
          chosen={state}
          onChoose={setState}
        />
        <FilterSelect
          label="sort"
          choices={orders.map((each) => [each, each] as const)}
          chosen={order}
          onChoose={setOrder}
        />
      </Filters>
      <PagedList
        pages={keys}
        shown={['countShown', 'countShownMore']}
        more="showMore"
        note={order === 'sortNewest' ? undefined : 'sortOfLoaded'}
        empty={
          <>
            <strong>{say(isFiltered ? 'noMatch' : 'noKeys')}</strong>
            <p class="soft">{isFiltered ? say('noMatchHint') : mayCreate ? say('noKeysHint') : ''}</p>
            {isFiltered && (
              <button
                type="button"
                class="button"
                onClick={() => {
                  setTyped('');
                  setState('');
                }}
              >
                {say('clearFilters')}
              </button>
            )}
          </>
        }
      >
        {(items, isStale) => <KeyTable keys={sortKeys(items, order)} isStale={isStale} />}
      </PagedList>
    </section>
  );
}

function sortKeys(keys: readonly ApiKey[], order: Order): readonly ApiKey[] {
  const time = (value: string | null, otherwise: number): number =>
    value === null ? otherwise : Date.parse(value);
  if (order === 'sortName') return keys.toSorted((one, other) => one.name.localeCompare(other.name));
  if (order === 'sortUsed') {
    return keys.toSorted((one, other) => time(other.lastUsedAt, 0) - time(one.lastUsedAt, 0));
  }
  if (order === 'sortEnd') {
    return keys.toSorted((one, other) => time(one.expiresAt, 9e15) - time(other.expiresAt, 9e15));
  }
  return keys;
}
