import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { describeAuthor } from './formats.js';
import { OwnerFilter } from './owner-filter.js';
import { OwnerLink } from './owner-link.js';
import { PagedList } from './paged-list.js';
import { PlaceLink } from './place-link.js';
import type { TrailEntry } from './records.js';
import { english, type TextName } from './texts-english.js';
import { TrailVerification } from './trail-verification.js';
import { usePages } from './use-pages.js';
import { ViewTitle } from './view-title.js';

const actions = [
  ...(['key.created', 'key.imported', 'key.updated', 'key.enabled', 'key.disabled'] as const),
  ...(['key.rotated', 'key.grace_started', 'key.revoked', 'key.expiring'] as const),
  ...(['key.erased', 'key.removed', 'key.carried', 'token.revoked'] as const),
  ...(['owner.suspended', 'owner.resumed', 'owner.updated', 'owner.erased', 'audit.trimmed'] as const),
];

/** Who changed what, of all owners, and whether somebody has tampered with that. */
export function AuditLog(): JSX.Element {
  const { say } = useSurroundings();
  const [action, setAction] = useState('');
  const [ownerId, setOwnerId] = useState('');
  const entries = usePages<TrailEntry>('/audit', { action, ownerId, limit: '50' });
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-audit')}</ViewTitle>
        <p class="soft">{say('auditIntro')}</p>
      </header>
      <TrailVerification />
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
      </form>
      <PagedList pages={entries} empty={<strong>{say('trailNone')}</strong>}>
        {(items, isStale) => <TrailTable entries={items} isStale={isStale} />}
      </PagedList>
    </section>
  );
}

function TrailTable({ entries, isStale }: { entries: readonly TrailEntry[]; isStale: boolean }): JSX.Element {
  const { say, formats } = useSurroundings();
  return (
    <table class={`cards ${isStale ? 'stale' : ''}`} role="table" part="table" aria-label={say('view-audit')}>
      <thead role="rowgroup">
        <tr role="row">
          {(['what', 'about', 'who', 'fromWhere', 'time', 'number'] as const).map((column) => (
            <th key={column} role="columnheader" scope="col">
              {say(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {entries.map((entry) => (
          <tr key={entry.sequence} role="row">
            <th role="rowheader" scope="row">
              {Object.hasOwn(english, entry.action) ? (
                say(entry.action as TextName)
              ) : (
                <code>{entry.action}</code>
              )}
              {entry.changedFields.length > 0 && (
                <div class="soft">
                  <code>{entry.changedFields.join(', ')}</code>
                </div>
              )}
            </th>
            <td role="cell" data-label={say('about')}>
              <div>
                {entry.ownerId === '' ? '–' : <OwnerLink id={entry.ownerId} />}
                {entry.keyId !== null && (
                  <div>
                    <PlaceLink place={{ view: 'key', id: entry.keyId }}>
                      <code>{entry.keyId}</code>
                    </PlaceLink>
                  </div>
                )}
              </div>
            </td>
            <td role="cell" data-label={say('who')}>
              <bdi>{describeAuthor(entry.actor, say)}</bdi>
            </td>
            <td role="cell" data-label={say('fromWhere')}>
              {entry.address ?? '–'}
            </td>
            <td role="cell" data-label={say('time')}>
              {formats.moment(entry.at)}
            </td>
            <td role="cell" data-label={say('number')}>
              {formats.number(entry.sequence)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
