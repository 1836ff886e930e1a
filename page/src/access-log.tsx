import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { CardTable } from './card-table.js';
import { useSurroundings } from './context.js';
import { describeAuthor } from './formats.js';
import { Filters, FilterSelect, SearchField } from './filters.js';
import { OwnerLink } from './owner-link.js';
import { PagedList } from './paged-list.js';
import { PlaceLink } from './place-link.js';
import { nameCode, problemCodes } from './problem-codes.js';
import type { AccessEntry } from './records.js';
import { english, type TextName } from './texts-english.js';
import { usePages } from './use-pages.js';
import { useSettled } from './use-settled.js';
import { ViewTitle } from './view-title.js';

const actions = ['access.refused', 'access.deprecated_secret', 'access.overflow'] as const;

/** Who was refused, why, and from where; and who still uses a secret that was replaced. */
export function AccessLog(): JSX.Element {
  const { say, formats } = useSurroundings();
  const [action, setAction] = useState('');
  const [code, setCode] = useState('');
  const [owner, setOwner] = useState('');
  const ownerId = useSettled(owner);
  const entries = usePages<AccessEntry>('/audit/access', { action, code, ownerId });
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-access')}</ViewTitle>
        <p class="soft">{say('accessIntro')}</p>
      </header>
      <Filters>
        <SearchField label="owner" maxLength={200} isId typed={owner} onType={setOwner} />
        <FilterSelect
          label="what"
          any="anything"
          choices={actions.map((each) => [each, each] as const)}
          chosen={action}
          onChoose={setAction}
        />
        <FilterSelect
          label="why"
          any="anyReason"
          choices={problemCodes.map((each) => [each, `code-${each}`] as const)}
          chosen={code}
          onChoose={setCode}
        />
      </Filters>
      <PagedList
        pages={entries}
        empty={
          <>
            <strong>{say('accessNone')}</strong>
            <p class="soft">{say('accessDelay')}</p>
          </>
        }
      >
        {(items, isStale) => (
          <CardTable
            label={say('view-access')}
            items={items}
            isStale={isStale}
            keyOf={({ id }) => id}
            columns={[
              [
                'why',
                (entry) => (
                  <>
                    <Why entry={entry} />
                    {entry.count > 1 && (
                      <span class="soft"> {say('times', { count: formats.number(entry.count) })}</span>
                    )}
                  </>
                ),
              ],
              ['who', (entry) => <Who entry={entry} />],
              ['fromWhere', ({ address }) => address ?? say('unknown')],
              ['where', ({ method, route }) => <code>{`${method} ${route}`.trim() || '–'}</code>],
              ['time', ({ lastAt }) => formats.moment(lastAt)],
            ]}
          />
        )}
      </PagedList>
    </section>
  );
}

function Why({ entry: { action, code } }: { entry: AccessEntry }): JSX.Element {
  const { say } = useSurroundings();
  if (code !== null) return <>{nameCode(code, say)}</>;
  return Object.hasOwn(english, action) ? <>{say(action as TextName)}</> : <code>{action}</code>;
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
