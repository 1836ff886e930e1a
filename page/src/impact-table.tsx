import type { JSX } from 'preact';
import { CardTable } from './card-table.js';
import { useSurroundings } from './context.js';
import { OwnerLink } from './owner-link.js';
import type { PlanImpact } from './records.js';

type ImpactItem = PlanImpact['items'][number];

/** Who would lose what: the first owners, by their ids. */
export function ImpactTable({ impact: { owners, items } }: { impact: PlanImpact }): JSX.Element {
  const { say, formats } = useSurroundings();
  return (
    <>
      <CardTable
        label={say('plansHurt')}
        items={items}
        keyOf={({ ownerId }) => ownerId}
        columns={[
          ['owner', ({ ownerId }) => <OwnerLink id={ownerId} />],
          ['keysHurt', ({ keys }) => formats.number(keys)],
          ['lost', (item) => <Lost item={item} />],
        ]}
      />
      <p class="soft" role="status">
        {say('plansShown', { shown: formats.number(items.length), all: formats.number(owners.affected) })}
      </p>
    </>
  );
}

function Lost({ item }: { item: ImpactItem }): JSX.Element {
  const { say, formats } = useSurroundings();
  const counted = (
    [
      ['loseEnd', item.endedKeys],
      ['loseSurplus', item.surplusKeys],
      ['aboveCeilings', item.keysAboveCeilings],
    ] as const
  ).filter(([, count]) => count > 0);
  return (
    <div>
      {[...item.scopes, ...item.features, ...item.resources].map((name) => (
        <code key={name} class="tag">
          {name}
        </code>
      ))}
      {counted.map(([text, count]) => (
        <div key={text}>{say(text, { count: formats.number(count) })}</div>
      ))}
    </div>
  );
}
