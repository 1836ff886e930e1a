import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { describeAuthor } from './formats.js';
import { OwnerFilter } from './owner-filter.js';
import { OwnerLink } from './owner-link.js';
import { PagedList } from './paged-list.js';
import { PlaceLink } from './place-link.js';
import { problemCodes } from './problem-codes.js';
import type { AccessEntry } from './records.js';
import { english, type TextName } from './texts-english.js';
import { usePages } from './use-pages.js';
import { ViewTitle } from './view-title.js';

const actions = ['access.refused', 'access.deprecated_secret', 'access.overflow'] as const;

/** Who was refused, why, and from where; and who still uses a secret that was replaced. */
export function AccessLog(): JSX.Element {
  const { say } = useSurroundings();
  const [action, setAction] = useState('');
  const [code, setCode] = useState('');
  const [ownerId, setOwnerId] = useState('');
  const entries = usePages<AccessEntry>('/audit/access', { action, code, ownerId, limit: '50' });
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-access')}</ViewTitle>
        <p class="soft">{say('accessIntro')}</p>
      </header>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <OwnerFilter onChange={setOwnerId} />
        <label class="field">
          <span>{say('what')}</span>
          <select value={action} onChange={({ currentTarget }) => setAction(currentTarget.value)}>
            <option value="">{say('anything')}</option>
            {actions.map((each) => (
              <option key={each} value={each}>
                {say(each)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{say('why')}</span>
          <select value={code} onChange={({ currentTarget }) => setCode(currentTarget.value)}>
            <option value="">{say('anyReason')}</option>
            {problemCodes.map((each) => (
              <option key={each} value={each}>
                {say(`code-${each}`)}
              </option>
            ))}
          </select>
        </label>
      </form>
      <PagedList
        pages={entries}
        empty={
          <>
            <strong>{say('accessNone')}</strong>
            <p class="soft">{say('accessDelay')}</p>
          </>
        }
      >
        {(items, isStale) => <AccessTable entries={items} isStale={isStale} />}
      </PagedList>
    </section>
  );
}

function AccessTable({
  entries,
  isStale,
}: {
  entries: readonly AccessEntry[];
  isStale: boolean;
}): JSX.Element {
  const { say, formats } = useSurroundings();
  return (
    <table
      class={`cards ${isStale ? 'stale' : ''}`}
      role="table"
      part="table"
      aria-label={say('view-access')}
    >
      <thead role="rowgroup">
        <tr role="row">
          {(['why', 'who', 'fromWhere', 'where', 'time'] as const).map((column) => (
            <th key={column} role="columnheader" scope="col">
              {say(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {entries.map((entry) => (
          <tr key={entry.id} role="row">
            <th role="rowheader" scope="row">
              <Why entry={entry} />
              {entry.count > 1 && (
                <span class="soft"> {say('times', { count: formats.number(entry.count) })}</span>
              )}
            </th>
            <td role="cell" data-label={say('who')}>
              <Who entry={entry} />
            </td>
            <td role="cell" data-label={say('fromWhere')}>
              {entry.address ?? say('unknown')}
            </td>
            <td role="cell" data-label={say('where')}>
              <code>{`${entry.method} ${entry.route}`.trim() || '–'}</code>
            </td>
            <td role="cell" data-label={say('time')}>
              {formats.moment(entry.lastAt)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Why({ entry: { action, code } }: { entry: AccessEntry }): JSX.Element {
  const { say } = useSurroundings();
  const name = code === null ? action : `code-${code}`;
  if (Object.hasOwn(english, name)) return <>{say(name as TextName)}</>;
  return <code>{code ?? action}</code>;
}

/** The key and its owner where they are known: of a wrong secret, nothing is. */
function Who({ entry: { keyId, ownerId, actor } }: { entry: AccessEntry }): JSX.Element {
  const { say } = useSurroundings();
  if (keyId === null && ownerId === null && actor === null) return <>{say('unknown')}</>;
  return (
    <div>
      {ownerId !== null && <OwnerLink id={ownerId} />}
      {actor !== null && actor.id !== ownerId && <bdi>{describeAuthor(actor, say)}</bdi>}
      {keyId !== null && (
        <div>
          <PlaceLink place={{ view: 'key', id: keyId }}>
            <code>{keyId}</code>
          </PlaceLink>
        </div>
      )}
    </div>
  );
}
