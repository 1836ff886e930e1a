import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { OwnerLink } from './owner-link.js';
import type { PlanImpact } from './records.js';

/** Who would lose what: the first owners, by their ids. */
export function ImpactTable({ impact: { owners, items } }: { impact: PlanImpact }): JSX.Element {
  const { say, formats } = useSurroundings();
  return (
    <>
      <table class="cards" role="table" part="table" aria-label={say('plansHurt')}>
        <thead role="rowgroup">
          <tr role="row">
            {(['owner', 'keysHurt', 'lost'] as const).map((column) => (
              <th key={column} role="columnheader" scope="col">
                {say(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {items.map((item) => {
            const lost = [...item.scopes, ...item.features, ...item.resources];
            const counted = (
              [
                ['loseEnd', item.endedKeys],
                ['loseSurplus', item.surplusKeys],
                ['aboveCeilings', item.keysAboveCeilings],
              ] as const
            ).filter(([, count]) => count > 0);
            return (
              <tr key={item.ownerId} role="row">
                <th role="rowheader" scope="row">
                  <OwnerLink id={item.ownerId} />
                </th>
                <td role="cell" data-label={say('keysHurt')}>
                  {formats.number(item.keys)}
                </td>
                <td role="cell" data-label={say('lost')}>
                  <div>
                    {lost.map((name) => (
                      <code key={name} class="tag">
                        {name}
                      </code>
                    ))}
                    {counted.map(([text, count]) => (
                      <div key={text}>{say(text, { count: formats.number(count) })}</div>
                    ))}
                  </div>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="soft" role="status">
        {say('plansShown', { shown: formats.number(items.length), all: formats.number(owners.affected) })}
      </p>
    </>
  );
}
