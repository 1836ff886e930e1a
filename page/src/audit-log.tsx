import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { CardTable } from './card-table.js';
import { useSurroundings } from './context.js';
import { getFieldName } from './field-name.js';
import { describeAuthor } from './formats.js';
import { Filters, FilterSelect, SearchField } from './filters.js';
import { OwnerLink } from './owner-link.js';
import { PagedList } from './paged-list.js';
import { PlaceLink } from './place-link.js';
import type { TrailEntry } from './records.js';
import { english, type TextName } from './texts-english.js';
import { TrailVerification } from './trail-verification.js';
import { usePages } from './use-pages.js';
import { useSettled } from './use-settled.js';
import { ViewTitle } from './view-title.js';

const actions = [
  ...(['key.created', 'key.imported', 'key.updated', 'key.enabled', 'key.disabled'] as const),
  ...(['key.rotated', 'key.grace_started', 'key.revoked', 'key.expiring'] as const),
  ...(['key.erased', 'key.removed', 'key.carried', 'token.revoked'] as const),
  ...(['owner.suspended', 'owner.resumed', 'owner.updated', 'owner.erased', 'audit.trimmed'] as const),
  ...(['webhook.created', 'webhook.updated', 'webhook.secret_rotated', 'webhook.disabled'] as const),
  ...(['webhook.deleted'] as const),
];

/** Who changed what, of all owners, and whether somebody has tampered with that. */
export function AuditLog(): JSX.Element {
  const { say, formats } = useSurroundings();
  const [action, setAction] = useState('');
  const [owner, setOwner] = useState('');
  const ownerId = useSettled(owner);
  const entries = usePages<TrailEntry>('/audit', { action, ownerId });
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-audit')}</ViewTitle>
        <p class="soft">{say('auditIntro')}</p>
      </header>
      <TrailVerification />
      <Filters>
        <SearchField label="owner" maxLength={200} isId typed={owner} onType={setOwner} />
        <FilterSelect
          label="what"
          any="anything"
          choices={actions.map((each) => [each, each] as const)}
          chosen={action}
          onChoose={setAction}
        />
      </Filters>
      <PagedList pages={entries} empty={<strong>{say('trailNone')}</strong>}>
        {(items, isStale) => (
          <CardTable
            label={say('view-audit')}
            items={items}
            isStale={isStale}
            keyOf={({ sequence }) => sequence}
            columns={[
              ['what', (entry) => <What entry={entry} />],
              ['about', (entry) => <About entry={entry} />],
              ['who', ({ actor }) => <bdi>{describeAuthor(actor, say)}</bdi>],
              ['fromWhere', ({ address }) => address ?? '–'],
              ['time', ({ at }) => formats.moment(at)],
              ['number', ({ sequence }) => formats.number(sequence)],
            ]}
          />
        )}
      </PagedList>
    </section>
  );
}

function What({ entry: { action, changedFields } }: { entry: TrailEntry }): JSX.Element {
  const { say, formats } = useSurroundings();
  return (
    <>
      {Object.hasOwn(english, action) ? say(action as TextName) : <code>{action}</code>}
      {changedFields.length > 0 && (
        <div class="soft">{formats.list(changedFields.map((field) => getFieldName(field, say)))}</div>
      )}
    </>
  );
}

function About({ entry: { ownerId, keyId } }: { entry: TrailEntry }): JSX.Element {
  return (
    <div>
      {ownerId === '' ? '–' : <OwnerLink id={ownerId} />}
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
